package io.walnut.chaos.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What is tested, and where. */
public final class Build {
    private Build() {}

    /** Version of Walnut. */
    public static String version() {
        return io.walnut.cli.Build.version();
    }

    /** The commit it was built from, with {@code -dirty} where something was changed since; {@code unknown} outside of git. */
    public static String commit() {
        try (InputStream in = Build.class.getResourceAsStream("/META-INF/walnut/commit")) {
            String commit = in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
            return commit.isEmpty() ? "unknown" : commit;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String jdk() {
        return System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version");
    }

    public static String kernel() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch");
    }
}
