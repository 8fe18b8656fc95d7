package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
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
import org.jspecify.annotations.Nullable;

/**
 * A segment that was set aside, of which copies may have what is missing in the log.
 *
 * @param salt of its frames
 * @param belowLsn from there on its LSNs were given anew, after a truncation or a reset, and its records are none of the log's: a
 *     segment that was begun later begins there. Of what a compaction has written nobody knows when it was begun
 * @param held its LSNs, as far as they are known: whatever was set aside before it had those of another time
 */
record Evidence(int salt, long belowLsn, LsnRange held) {

    /** A segment as it was begun, no copy of one. */
    private record Begun(long id, long baseLsn) {}

    /** Each salt once, the newest first. */
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
            of(storage, name, below, arena).ifPresent(one -> bySalt.merge(one.salt, one, Evidence::with));
        }
        return List.copyOf(bySalt.values());
    }

    /** An older one of the same salt is what this one was copied from. */
    Evidence with(Evidence older) {
        long below = Math.min(belowLsn, older.belowLsn); // a copy does not tell when what it was copied from ended
        long from = Math.min(held.from(), older.held.from());
        long to = Math.min(below, Math.max(held.to(), older.held.to()));
        return new Evidence(salt, below, new LsnRange(from, Math.max(from, to)));
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

    /** Where header and footer that say what it held are lost, the good frames do. */
    private static Optional<Evidence> of(Storage storage, String name, long belowLsn, Arena arena) throws IOException {
        Optional<SegmentHeader> header = header(storage, name);
        Optional<SegmentTrailer.Footer> footer = footer(storage, name);
        if (header.isPresent() && isOf(footer, header.get().salt())) {
            LsnRange held = new LsnRange(header.get().baseLsn(), footer.get().endLsn());
            return Optional.of(new Evidence(header.get().salt(), belowLsn, held));
        }
        try (StorageFile file = storage.open(name, false)) {
            ByteBuffer bytes = TailScan.load(file, arena);
            if (bytes.limit() < SegmentHeader.BYTES) {
                return Optional.empty();
            }
            @Nullable
            Integer known = header.isPresent() ? Integer.valueOf(header.get().salt()) : null;
            Salvage.Found found = Salvage.find(
                    bytes, known, header.map(SegmentHeader::baseLsn).orElse(0L), Long.MAX_VALUE);
            int salt = found.salt();
            if (isOf(footer, salt)) {
                LsnRange held =
                        new LsnRange(footer.get().baseLsn(), footer.get().endLsn());
                return Optional.of(new Evidence(salt, belowLsn, held));
            }
            long from = header.map(SegmentHeader::baseLsn)
                    .orElseGet(() -> found.pieces().isEmpty()
                            ? 0
                            : found.pieces().getFirst().baseLsn());
            return Optional.of(new Evidence(salt, belowLsn, new LsnRange(from, found.endLsn(from))));
        } catch (IOException e) {
            if (header.isEmpty()) {
                throw e;
            }
            LsnRange unknown = new LsnRange(header.get().baseLsn(), header.get().baseLsn());
            return Optional.of(new Evidence(header.get().salt(), belowLsn, unknown));
        }
    }

    /** And not what a file that was used again ends in still. */
    private static boolean isOf(Optional<SegmentTrailer.Footer> footer, int salt) {
        return footer.isPresent() && footer.get().salt() == salt;
    }

    private static Optional<SegmentTrailer.Footer> footer(Storage storage, String name) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            return Optional.of(SegmentTrailer.check(SealedSegments.trailer(file, file.length())));
        } catch (IOException | InvalidBytesException | NewerVersionException e) { // evidence lies where bytes are bad
            return Optional.empty();
        }
    }
}
