package io.walnut.node.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The ahead-of-time cache of the JVM (JEP 483, 514, 515): classes loaded and linked, and methods profiled, by an earlier run.
 * It halves the time a node takes to start. It fits one JDK and the jars as they are now; the JVM starts without it where it
 * does not fit.
 */
final class AotCache {
    private AotCache() {}

    /** Where a distribution keeps it. */
    static Path of(Path home) {
        return home.resolve("lib").resolve("walnut.aot");
    }

    /** Options for a JVM to start with the cache of this distribution; none where there is no distribution or no cache. */
    static List<String> optionsToUse() {
        String home = System.getProperty("walnut.home");
        if (home == null || !Files.exists(of(Path.of(home)))) {
            return List.of();
        }
        // One that does not fit is not worth a word on the terminal.
        return List.of("-XX:AOTCache=" + of(Path.of(home)), "-Xlog:aot*=off,cds*=off");
    }

    static List<String> optionsToMake(Path cache) {
        return List.of("-XX:AOTCacheOutput=" + cache);
    }
}
