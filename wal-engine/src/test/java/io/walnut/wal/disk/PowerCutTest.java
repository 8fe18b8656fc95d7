package io.walnut.wal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.disk.PowerCutWriter.Way;
import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Another process appends with several threads; its file system loses its power in the midst of it, again and again, and is
 * mounted again. Every acknowledged record is there, with its bytes, at its LSN; none twice, none out of order, none invented.
 * {@code -Dwalnut.cuts=N}, {@code -Dwalnut.seed=N}.
 */
@Tag("slow")
class PowerCutTest {
    private static final int CUTS = Integer.getInteger("walnut.cuts", 10);
    private static final long SEED = Long.getLong("walnut.seed", 1);
    private static final int MOST_LINES = 1_500;

    @TempDir
    Path scratch;

    /** A record that must be there. */
    @SuppressWarnings("ArrayRecordComponent") // made here, changed by nobody
    private record Expected(byte[] payload) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Expected(byte[] bytes) && Arrays.equals(payload, bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(payload);
        }
    }

    private final NavigableMap<Long, Expected> acknowledged = new TreeMap<>();
    private long trimmedTo;
    private long checked;

    static Stream<Arguments> disks() {
        return Stream.of("ext4", "xfs")
                .flatMap(fileSystem -> Stream.of(Way.values()).map(way -> Arguments.of(fileSystem, way)));
    }

    @ParameterizedTest
    @MethodSource("disks")
    void everythingAcknowledgedIsThereAfterAPowerCut(String fileSystem, Way way) throws Throwable {
        Random random = new Random(SEED);
        long lines = 0;
        try (LoopDisk disk = LoopDisk.make(fileSystem, scratch)) {
            Path log = disk.directory().resolve("log");
            checkPossible(way, disk.directory().resolve("probe"));
            for (int cut = 0; cut < CUTS; cut++) {
                lines += writeAndCut(disk, log, way, "run" + cut, 1 + random.nextInt(MOST_LINES));
                disk.unmount();
                disk.mount();
                verify(log, way, "run" + cut);
            }
        }
        System.out.printf(
                "%d power cuts on %s, %s: %d batches acknowledged, %d records compared, all there%n",
                CUTS, fileSystem, way, lines, checked);
    }

    /** Says aloud where this system refuses it. */
    private static void checkPossible(Way way, Path directory) throws WalException {
        try {
            Wal.open(directory, way.options()).close();
        } catch (WalIoException e) {
            System.out.println("no power cut with " + way + ": " + e.getMessage());
            abort(e.getMessage());
        }
    }

    private long writeAndCut(LoopDisk disk, Path log, Way way, String run, int cutAfter) throws Throwable {
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PowerCutWriter.class.getName(),
                        log.toString(),
                        way.name(),
                        run)
                .redirectError(
                        ProcessBuilder.Redirect.to(scratch.resolve("errors").toFile()))
                .start();
        long lines = 0;
        boolean cut = false;
        try (BufferedReader output = writer.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                note(line.split(" ", -1), run);
                if (++lines == cutAfter) {
                    cut = true;
                    disk.cutPower(); // nobody is stopped before: some are just being told
                }
            }
        } finally {
            writer.destroyForcibly().waitFor();
        }
        assertThat(cut)
                .as("the writer ended by itself: %s", Files.readString(scratch.resolve("errors")))
                .isTrue();
        return lines;
    }

    private void note(String[] words, String run) {
        long lsn = Long.parseLong(words[1]);
        if (words[0].equals("T")) {
            trimmedTo = Math.max(trimmedTo, lsn);
            return;
        }
        int thread = Integer.parseInt(words[2]);
        int number = Integer.parseInt(words[3]);
        int records = Integer.parseInt(words[4]);
        for (int i = 0; i < records; i++) {
            Expected before = acknowledged.put(lsn + i, new Expected(PowerCutWriter.payload(run, thread, number + i)));
            assertThat(before).as("two records acknowledged at LSN %d", lsn + i).isNull();
        }
    }

    private void verify(Path log, Way way, String run) throws Exception {
        try (Wal wal = Wal.open(log, way.options().withVerification(WalOptions.Verification.FULL))) {
            assertThat(wal.startLsn()).as("trimmed").isLessThanOrEqualTo(trimmedTo);
            acknowledged.headMap(wal.startLsn()).clear();
            if (!acknowledged.isEmpty()) {
                assertThat(wal.endLsn()).as("lost after %s", run).isGreaterThan(acknowledged.lastKey());
            }
            Set<String> seen = new HashSet<>();
            Map<String, Integer> last = new HashMap<>();
            try (Cursor cursor = wal.cursor(wal.startLsn())) {
                while (cursor.next()) {
                    Expected found = new Expected(bytes(cursor.record().payload()));
                    Expected expected = acknowledged.get(cursor.lsn());
                    if (expected != null) {
                        assertThat(found.equals(expected))
                                .as("LSN %d after %s", cursor.lsn(), run)
                                .isTrue();
                        checked++;
                    }
                    checkName(found, cursor.lsn(), seen, last);
                    acknowledged.put(cursor.lsn(), found); // who has read it may rely on it
                }
            }
        }
    }

    /** Written by somebody, once, and in the order of its thread. */
    private static void checkName(Expected found, long lsn, Set<String> seen, Map<String, Integer> last) {
        String text = new String(found.payload, StandardCharsets.ISO_8859_1);
        List<String> name = List.of(text.split("/", 4)).subList(0, 3);
        int number = Integer.parseInt(name.get(2));
        byte[] written = PowerCutWriter.payload(name.get(0), Integer.parseInt(name.get(1)), number);
        assertThat(Arrays.equals(written, found.payload))
                .as("bytes of LSN %d", lsn)
                .isTrue();
        assertThat(seen.add(String.join("/", name)))
                .as("LSN %d is there twice", lsn)
                .isTrue();
        Integer before = last.put(name.get(0) + "/" + name.get(1), number);
        assertThat(before == null || number == before + 1)
                .as("LSN %d: %d after %s", lsn, number, before)
                .isTrue();
    }

    private static byte[] bytes(ByteBuffer payload) {
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        return bytes;
    }
}
