package andon.benchmark;

import java.nio.file.Path;
import java.time.ZoneId;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * Hourly panes per line with Flink SQL on its mini cluster.
 *
 * <p>A tumbling window over event time, which the planner computes in two phases (locally, then by
 * line). Arguments: bootstrap servers, input topic, output topic, state folder, hours of lateness.
 */
public final class HourlyYieldSql {

  private static final String SOURCE =
      """
      CREATE TABLE events (
        id STRING,
        `time` TIMESTAMP_LTZ(3),
        data ROW<line STRING, total DOUBLE, passed DOUBLE>,
        line AS data.line,
        total AS data.total,
        passed AS data.passed,
        WATERMARK FOR `time` AS `time` - INTERVAL '%5$s' HOUR
      ) WITH (
        'connector' = 'kafka',
        'topic' = '%2$s',
        'properties.bootstrap.servers' = '%1$s',
        'properties.group.id' = 'benchmark-flink',
        'properties.max.poll.records' = '10000',
        'properties.max.partition.fetch.bytes' = '4194304',
        'properties.fetch.min.bytes' = '65536',
        'scan.startup.mode' = 'earliest-offset',
        'format' = 'json',
        'json.timestamp-format.standard' = 'ISO-8601'
      )""";

  private static final String SINK =
      """
      CREATE TABLE panes (
        subject STRING,
        starts BIGINT,
        `count` BIGINT,
        passed DOUBLE,
        total DOUBLE,
        least DOUBLE,
        largest DOUBLE,
        `value` DOUBLE
      ) WITH (
        'connector' = 'kafka',
        'topic' = '%3$s',
        'properties.bootstrap.servers' = '%1$s',
        'properties.transaction.timeout.ms' = '600000',
        'properties.linger.ms' = '100',
        'properties.batch.size' = '524288',
        'sink.delivery-guarantee' = 'exactly-once',
        'sink.transactional-id-prefix' = '%3$s',
        'key.format' = 'raw',
        'key.fields' = 'subject',
        'value.format' = 'json'
      )""";

  private static final String QUERY =
      """
      INSERT INTO panes
      SELECT
        line,
        1000 * UNIX_TIMESTAMP(DATE_FORMAT(window_start, 'yyyy-MM-dd HH:mm:ss')),
        COUNT(*), SUM(passed), SUM(total), MIN(passed), MAX(passed), SUM(passed) / SUM(total)
      FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(`time`), INTERVAL '1' HOUR))
      GROUP BY line, window_start, window_end""";

  public static void main(String[] arguments) throws Exception {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(settings(arguments[3]));
    StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
    tables.getConfig().setLocalTimeZone(ZoneId.of("UTC"));
    tables.executeSql(SOURCE.formatted((Object[]) arguments));
    tables.executeSql(SINK.formatted((Object[]) arguments));
    tables.executeSql(QUERY).await();
  }

  private static Configuration settings(String folder) {
    Configuration settings = new Configuration();
    settings.setString("parallelism.default", "2");
    settings.setString("execution.checkpointing.interval", "5 s");
    settings.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    settings.setString("execution.checkpointing.incremental", "true");
    settings.setString("execution.checkpointing.dir", Path.of(folder, "checkpoints").toUri().toString());
    settings.setString("state.backend.type", "rocksdb");
    settings.setString("state.backend.rocksdb.localdir", Path.of(folder, "rocksdb").toString());
    settings.setString("taskmanager.memory.managed.size", "512m");
    settings.setString("taskmanager.numberOfTaskSlots", "2");
    settings.setString("pipeline.object-reuse", "true");
    return settings;
  }

  private HourlyYieldSql() {}
}
