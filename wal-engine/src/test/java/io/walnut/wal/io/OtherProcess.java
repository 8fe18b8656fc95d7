package io.walnut.wal.io;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process that wants a lock file. */
public final class OtherProcess {
    private static final int TAKES = 0;
    private static final int IS_REFUSED = 10;

    private OtherProcess() {}

    /** Whether another process could lock the file now; it lets go of it at once. */
    public static boolean takes(Path lockFile) throws IOException, InterruptedException, URISyntaxException {
        Path classes = Path.of(OtherProcess.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        int exit = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classes.toString(),
                        OtherProcess.class.getName(),
                        lockFile.toString())
                .inheritIO()
                .start()
                .waitFor();
        return switch (exit) {
            case TAKES -> true;
            case IS_REFUSED -> false;
            default -> throw new IOException("the other process ended with " + exit);
        };
    }

    public static void main(String[] arguments) throws IOException {
        try (FileChannel file = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
            System.exit(file.tryLock() == null ? IS_REFUSED : TAKES);
        }
    }
}
