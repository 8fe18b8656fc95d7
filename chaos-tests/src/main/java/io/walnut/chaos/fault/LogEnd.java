package io.walnut.chaos.fault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * The segment that a log is written to, as it was at a moment. What came after that is found by its bytes: the file is made ahead, in
 * its whole length, with zeros or with what it held in an earlier life.
 */
final class LogEnd {
    /** The unit of the log's writes. */
    private static final int BLOCK = 4096;

    private static final int SECTOR = 512;
    private static final int LARGEST_TEAR = 64 << 10;

    /** What stands where a write did not come to. */
    private enum Content {
        /** What was there before. */
        OLD,
        ZEROS,
        GARBAGE
    }

    private final Path data;
    private final Path segment;
    private final byte[] bytes;
    private final List<String> others;

    private LogEnd(Path data, Path segment, byte[] bytes, List<String> others) {
        this.data = data;
        this.segment = segment;
        this.bytes = bytes;
        this.others = others;
    }

    /** Of a node that writes nothing just now; empty when it has begun no segment. */
    static Optional<LogEnd> of(Path data) throws IOException {
        for (Path segment : NodeFiles.SEGMENTS.in(data).reversed()) {
            byte[] bytes = Files.readAllBytes(segment);
            if (!blank(bytes)) {
                return Optional.of(new LogEnd(data, segment, bytes, others(data)));
            }
        }
        return Optional.empty();
    }

    private static boolean blank(byte[] bytes) {
        int length = Math.min(BLOCK, bytes.length);
        return Arrays.equals(bytes, 0, length, new byte[length], 0, length);
    }

    /** Other files that say how far the log is good. */
    private static List<String> others(Path data) throws IOException {
        List<Path> files = new ArrayList<>(NodeFiles.SNAPSHOTS.in(data));
        files.addAll(NodeFiles.MANIFEST.in(data));
        List<String> all = new ArrayList<>();
        for (Path file : files) {
            all.add(file + " " + Files.getLastModifiedTime(file));
        }
        return all;
    }

    /** Whether something was written to the segment since. */
    boolean hasGrown() throws IOException {
        try {
            return !Arrays.equals(bytes, Files.readAllBytes(segment));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Takes back a last part of what was written since, as a torn write leaves it. The node does not run.
     *
     * @return what was done; empty, and nothing is done, when nothing was written to this segment, or when more than that happened:
     *     the segment was sealed, another one begun, or a snapshot taken, which vouch for what the segment holds
     */
    Optional<String> tear(Random random) throws IOException {
        Optional<LogEnd> now = of(data);
        if (now.isEmpty()
                || !now.get().segment.equals(segment)
                || now.get().bytes.length != bytes.length
                || !now.get().others.equals(others)) {
            return Optional.empty();
        }
        byte[] torn = now.get().bytes;
        Optional<String> done = tear(bytes, torn, random);
        if (done.isPresent()) {
            Files.write(segment, torn);
        }
        return done.map(what -> data.relativize(segment) + " " + what);
    }

    /**
     * The same of bytes.
     *
     * @param before as they were
     * @param torn as they are; altered
     */
    static Optional<String> tear(byte[] before, byte[] torn, Random random) {
        int first = Arrays.mismatch(before, torn);
        if (first < 0) {
            return Optional.empty();
        }
        int end = before.length;
        while (before[end - 1] == torn[end - 1]) {
            end--;
        }
        int[] units = {1, SECTOR, BLOCK};
        int unit = units[random.nextInt(units.length)];
        int at = random.nextInt(Math.max(first, end - LARGEST_TEAR), end);
        at = Math.max(first, at - at % unit);
        Content content = Content.values()[random.nextInt(Content.values().length)];
        byte[] part = Arrays.copyOfRange(before, at, Math.min(before.length, end + BLOCK - 1 & -BLOCK));
        switch (content) {
            case OLD -> {}
            case ZEROS -> Arrays.fill(part, (byte) 0);
            case GARBAGE -> random.nextBytes(part);
        }
        if (Arrays.equals(part, 0, part.length, torn, at, at + part.length)) {
            return Optional.empty(); // zeros where there were zeros
        }
        System.arraycopy(part, 0, torn, at, part.length);
        return Optional.of("from byte " + at + " on, " + part.length + " bytes: "
                + content.name().toLowerCase(Locale.ROOT));
    }
}
