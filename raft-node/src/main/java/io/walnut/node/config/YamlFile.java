package io.walnut.node.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A YAML file as a flat map from path to scalar, each with its place: {@code wal.segment-size}, {@code
 * cluster.peers[0].id}. Places are kept so that every later message can name them.
 */
final class YamlFile {
    private final Path file;
    private final Map<String, Found> values = new LinkedHashMap<>();

    private YamlFile(Path file) {
        this.file = file;
    }

    static Map<String, Found> read(Path file) throws ConfigException {
        YAMLFactory factory = YAMLFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        YamlFile yaml = new YamlFile(file);
        try (JsonParser parser = factory.createParser(Files.readString(file))) {
            JsonToken first = parser.nextToken();
            if (first == JsonToken.START_OBJECT) {
                yaml.object(parser, "");
            } else if (first != null && first != JsonToken.VALUE_NULL) {
                throw yaml.at(
                        parser.currentTokenLocation(),
                        "expected a mapping (key: value), found "
                                + (first == JsonToken.START_ARRAY ? "a list" : "'" + parser.getText() + "'"));
            }
            if (first != null && parser.nextToken() != null) {
                throw yaml.at(
                        parser.currentTokenLocation(),
                        "a second document begins here, expected one; leave one of them out, and the '---' between them");
            }
        } catch (JacksonException e) {
            throw yaml.malformed(e);
        } catch (MalformedInputException e) {
            throw new ConfigException(
                    "configuration file " + file + " is not text in UTF-8; name another with --config");
        } catch (NoSuchFileException e) {
            throw new ConfigException("configuration file " + file + " does not exist; name another with --config");
        } catch (IOException e) {
            throw new ConfigException("configuration file " + file + " cannot be read: " + e.getMessage()
                    + "; name a file that can with --config");
        }
        return yaml.values;
    }

    private void object(JsonParser parser, String path) throws IOException, ConfigException {
        JsonLocation place = parser.currentTokenLocation();
        int before = values.size();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = path.isEmpty() ? parser.currentName() : path + "." + parser.currentName();
            value(parser, parser.nextToken(), key);
        }
        requireSome(before, place, path);
    }

    private void list(JsonParser parser, String path) throws IOException, ConfigException {
        JsonLocation place = parser.currentTokenLocation();
        int before = values.size();
        int i = 0;
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            value(parser, next, path + "[" + i++ + "]");
        }
        requireSome(before, place, path);
    }

    private void requireSome(int before, JsonLocation place, String path) throws ConfigException {
        if (values.size() == before && !path.isEmpty()) {
            throw noValue(place, path);
        }
    }

    private ConfigException noValue(JsonLocation place, String path) {
        return at(place, path + " has no value; give one or leave the key out");
    }

    private void value(JsonParser parser, JsonToken token, String path) throws IOException, ConfigException {
        switch (token) {
            case START_OBJECT -> object(parser, path);
            case START_ARRAY -> list(parser, path);
            default -> {
                JsonLocation place = parser.currentTokenLocation();
                String text = parser.getText();
                if (token == JsonToken.VALUE_NULL || text.isEmpty()) {
                    throw noValue(place, path);
                }
                values.put(path, new Found(text, new Origin.File(file, place.getLineNr(), place.getColumnNr())));
            }
        }
    }

    // Jackson points at the beginning of the broken construct; the scanner below it knows where it broke.
    private ConfigException malformed(JacksonException e) {
        if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            Mark mark = marked.getProblemMark();
            return at(mark.getLine() + 1, mark.getColumn() + 1, "malformed YAML: " + marked.getProblem());
        }
        String message = e.getOriginalMessage().lines().findFirst().orElse("");
        return at(e.getLocation(), "malformed YAML: " + message);
    }

    private ConfigException at(JsonLocation place, String message) {
        return at(place.getLineNr(), place.getColumnNr(), message);
    }

    private ConfigException at(int line, int column, String message) {
        return new ConfigException(file + " line " + line + " column " + column + ": " + message);
    }
}
