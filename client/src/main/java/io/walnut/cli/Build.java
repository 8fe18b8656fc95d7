package io.walnut.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What runs here. */
public final class Build {
    private static final String PROPERTIES = "/META-INF/maven/io.walnut/walnut-client/pom.properties";

    private Build() {}

    /** Version of this program; {@code development} where it runs from classes and not from its archive. */
    public static String version() {
        try (InputStream in = Build.class.getResourceAsStream(PROPERTIES)) {
            if (in == null) {
                return "development";
            }
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version", "development");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
