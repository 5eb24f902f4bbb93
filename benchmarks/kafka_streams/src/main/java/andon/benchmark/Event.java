package andon.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** What is needed of one event; read with Jackson's streaming parser, its fastest. */
record Event(String id, long time, String line, double total, double passed) {

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

  static Event parse(byte[] bytes) {
    String id = null;
    String time = null;
    String line = null;
    double total = Double.NaN;
    double passed = Double.NaN;
    try (JsonParser parser = JSON.createParser(bytes)) {
      parser.nextToken();
      while (parser.nextToken() != null) {
        if (parser.currentToken() != JsonToken.FIELD_NAME) {
          continue; // the end of an object
        }
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (field) {
          case "id" -> id = parser.getText();
          case "time" -> time = parser.getText();
          case "line" -> line = parser.getText();
          case "total" -> total = parser.getDoubleValue();
          case "passed" -> passed = parser.getDoubleValue();
          default -> {
            if (value != JsonToken.START_OBJECT) {
              parser.skipChildren();
            }
          }
        }
      }
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return new Event(id, Instant.parse(time).toEpochMilli(), line, total, passed);
  }
}
