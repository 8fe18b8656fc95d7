package io.walnut.wal.io;

import java.nio.file.OpenOption;
import java.util.Optional;

/**
 * The option that opens a file past the page cache. The JDK has it (module {@code jdk.unsupported}), but its compiler takes no
 * mention of it for granted; so it is looked up.
 */
final class DirectOption {
    static final Optional<OpenOption> INSTANCE = find();

    private DirectOption() {}

    private static Optional<OpenOption> find() {
        try {
            for (Object option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option instanceof OpenOption open && option.toString().equals("DIRECT")) {
                    return Optional.of(open);
                }
            }
        } catch (ClassNotFoundException e) {
            // a JDK without that module
        }
        return Optional.empty();
    }
}
