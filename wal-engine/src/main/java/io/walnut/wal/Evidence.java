package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A segment that was set aside, of which copies may have what is missing in the log.
 *
 * @param salt of its frames
 * @param belowLsn from there on its LSNs were given anew, after a truncation or a reset, and its records are none of the log's: a
 *     segment that was begun later begins there. Of what a compaction has written nobody knows when it was begun
 */
record Evidence(int salt, long belowLsn) {

    /** A segment as it was begun, no copy of one. */
    private record Begun(long id, long baseLsn) {}

    /** Each salt once. */
    static List<Evidence> in(Storage storage, Arena arena) throws IOException {
        List<String> names = storage.list();
        List<Begun> begun = new ArrayList<>();
        for (String name : names) {
            long id = id(name);
            Optional<SegmentHeader> header = id < 0 ? Optional.empty() : header(storage, name);
            if (header.isPresent()
                    && header.get().segmentId() == id
                    && header.get().madeBytes() > 0) {
                begun.add(new Begun(id, header.get().baseLsn()));
            }
        }
        Map<Integer, Evidence> bySalt = new LinkedHashMap<>();
        for (String name : names.stream()
                .filter(name -> name.endsWith(Mending.EVIDENCE) && id(name) >= 0)
                .sorted(Comparator.reverseOrder())
                .toList()) {
            long below = begun.stream()
                    .filter(later -> later.id > id(name))
                    .mapToLong(Begun::baseLsn)
                    .min()
                    .orElse(Long.MAX_VALUE);
            Optional<Integer> salt = salt(storage, name, arena);
            if (salt.isPresent()) {
                bySalt.putIfAbsent(salt.get(), new Evidence(salt.get(), below));
            }
        }
        return List.copyOf(bySalt.values());
    }

    private static long id(String name) {
        return Segment.id(name.replace(Mending.EVIDENCE, ""));
    }

    private static Optional<SegmentHeader> header(Storage storage, String name) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        try (StorageFile file = storage.open(name, false)) {
            return file.read(block, 0) < SegmentHeader.BYTES
                    ? Optional.empty()
                    : Optional.of(SegmentHeader.read(block.flip()));
        } catch (InvalidBytesException | NewerVersionException e) {
            return Optional.empty();
        }
    }

    /** Where the header that says it is lost, the first good frame does. */
    private static Optional<Integer> salt(Storage storage, String name, Arena arena) throws IOException {
        Optional<SegmentHeader> header = header(storage, name);
        if (header.isPresent()) {
            return Optional.of(header.get().salt());
        }
        try (StorageFile file = storage.open(name, false)) {
            ByteBuffer bytes = TailScan.load(file, arena);
            return bytes.limit() < SegmentHeader.BYTES
                    ? Optional.empty()
                    : Optional.of(Salvage.find(bytes, null, 0, Long.MAX_VALUE).salt());
        }
    }
}
