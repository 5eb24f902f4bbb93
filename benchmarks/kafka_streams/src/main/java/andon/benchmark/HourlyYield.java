package andon.benchmark;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Hourly panes per line with Kafka Streams.
 *
 * <p>The events are keyed by line, so no repartition is needed. Results are emitted once, when a
 * window has closed, which for a windowed aggregation costs less than a suppression with its own
 * store. Arguments: bootstrap servers, input topic, output topic, application id, state folder,
 * hours of lateness.
 */
public final class HourlyYield {

  public static void main(String[] arguments) {
    KafkaStreams streams =
        new KafkaStreams(topology(arguments).build(), settings(arguments));
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return null;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }

  private static StreamsBuilder topology(String[] arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    Serde<Event> events =
        Serdes.serdeFrom(
            (topic, event) -> {
              throw new UnsupportedOperationException("events are read only");
            },
            (topic, bytes) -> Event.parse(bytes));
    builder.stream(
            arguments[1],
            Consumed.with(Serdes.String(), events)
                .withTimestampExtractor((record, partitionTime) -> ((Event) record.value()).time()))
        .groupByKey(Grouped.with(Serdes.String(), events))
        .windowedBy(
            TimeWindows.ofSizeAndGrace(
                Duration.ofHours(1), Duration.ofHours(Long.parseLong(arguments[5]))))
        .emitStrategy(EmitStrategy.onWindowClose())
        .aggregate(
            () -> Pane.EMPTY,
            (line, event, pane) -> pane.add(event),
            Materialized.<String, Pane, WindowStore<Bytes, byte[]>>as("panes")
                .withKeySerde(Serdes.String())
                .withValueSerde(Pane.serde())
                .withCachingEnabled())
        .toStream()
        .map(
            (window, pane) ->
                KeyValue.pair(window.key(), pane.toJson(window.key(), window.window().start())))
        .to(arguments[2], Produced.with(Serdes.String(), Serdes.ByteArray()));
    return builder;
  }

  private static Properties settings(String[] arguments) {
    Properties settings = new Properties();
    settings.putAll(
        Map.of(
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0],
            StreamsConfig.APPLICATION_ID_CONFIG, arguments[3],
            StreamsConfig.STATE_DIR_CONFIG, arguments[4],
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
            StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2,
            StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000,
            StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L * 1024 * 1024,
            StreamsConfig.REPLICATION_FACTOR_CONFIG, 1,
            // Results are looked for whenever a window has closed, not at most once a second: the
            // last ones would wait for events that never come.
            StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L));
    settings.putAll(
        Map.of(
            StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000,
            StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 64 * 1024,
            StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG),
            4 * 1024 * 1024,
            StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest",
            StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100,
            StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 512 * 1024));
    return settings;
  }

  private HourlyYield() {}
}
