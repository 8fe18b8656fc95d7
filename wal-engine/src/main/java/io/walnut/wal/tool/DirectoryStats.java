package io.walnut.wal.tool;

import io.walnut.wal.WalCorruptException;
import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.Hole;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What the files of a log say of it, without reading a record and without the lock: it may be in use, and then this is how it was
 * at some moment of the reading. Changes nothing.
 *
 * @param log the log's identity
 * @param startLsn first LSN
 * @param sealedEndLsn one past the last LSN in sealed segments; there may be more in files that are not sealed
 * @param closedInOrder whether it was closed in order, so that nothing is in files that are not sealed
 * @param segments sealed segments, in order
 * @param unsealedFiles segment files that are not sealed: in use, prepared, or kept to be used again
 * @param unsealedBytes their length
 * @param holes LSNs that are lost
 * @param quarantined names of files that were set aside as damaged
 */
public record DirectoryStats(
        UUID log,
        long startLsn,
        long sealedEndLsn,
        boolean closedInOrder,
        List<SealedSegment> segments,
        int unsealedFiles,
        long unsealedBytes,
        List<Hole> holes,
        List<String> quarantined) {
    private static final int ATTEMPTS = 10;

    public DirectoryStats {
        segments = List.copyOf(segments);
        holes = List.copyOf(holes);
        quarantined = List.copyOf(quarantined);
    }

    /**
     * A segment that is sealed.
     *
     * @param id its id
     * @param baseLsn first LSN
     * @param endLsn one past the last that counts
     * @param frames batches in it
     * @param gone LSNs of the file whose records were compacted away, also behind its end where it was truncated since
     * @param frameBytes bytes of those, headers and padding included
     * @param fileBytes length of the file
     * @param sealed when the file was last written
     */
    public record SealedSegment(
            long id,
            long baseLsn,
            long endLsn,
            long gone,
            long frames,
            long frameBytes,
            long fileBytes,
            Instant sealed) {
        /** Number of records; at least so many, of a segment that was compacted and then truncated. */
        public long records() {
            return Math.max(0, endLsn - baseLsn - gone);
        }
    }

    /** Records in sealed segments. */
    public long records() {
        return segments.stream().mapToLong(SealedSegment::records).sum();
    }

    /** Length of all segment files. */
    public long bytes() {
        return segments.stream().mapToLong(SealedSegment::fileBytes).sum() + unsealedBytes;
    }

    /**
     * Looks at a directory.
     *
     * @throws WalCorruptException when {@code MANIFEST}, or what is to be read of a listed segment, is damaged or missing
     * @throws IOException also when there is no log
     */
    public static DirectoryStats of(Path directory) throws IOException {
        WalLook.requireLog(directory);
        try (Storage storage = FileChannelStorage.existing(directory)) {
            for (int attempt = 1; ; attempt++) {
                try {
                    return read(directory, storage);
                } catch (NoSuchFileException e) { // trimmed since the list was read
                    if (!storage.exists(Manifest.NAME)) {
                        throw new WalCorruptException(directory + " has segments but no " + Manifest.NAME
                                + "; docs/OPERATIONS.md says what can be done");
                    }
                    if (attempt == ATTEMPTS) {
                        throw new WalCorruptException(
                                e.getFile() + " is listed in " + Manifest.NAME + " and not there");
                    }
                }
            }
        }
    }

    private static DirectoryStats read(Path directory, Storage storage) throws IOException {
        Manifest manifest = manifest(storage);
        List<SealedSegment> segments = new ArrayList<>();
        List<Hole> holes = new ArrayList<>();
        long lsn = manifest.startLsn();
        for (Manifest.Entry entry : manifest.segments()) {
            segments.add(segment(directory, storage, entry));
            if (entry.baseLsn() > lsn) {
                holes.add(new Hole(lsn, entry.baseLsn()));
            }
            lsn = Math.max(lsn, entry.endLsn());
        }
        if (manifest.tailLsn() > lsn) {
            holes.add(new Hole(lsn, manifest.tailLsn()));
        }
        List<String> quarantined = new ArrayList<>();
        int unsealed = 0;
        long unsealedBytes = 0;
        List<String> names = storage.list().stream().sorted().toList();
        for (String name : names) {
            if (name.endsWith(".quarantined")) {
                quarantined.add(name);
            } else if (Segment.id(name) >= 0
                    && segments.stream().noneMatch(segment -> segment.id == Segment.id(name))) {
                unsealed++;
                unsealedBytes += Files.size(directory.resolve(name));
            }
        }
        return new DirectoryStats(
                manifest.log(),
                manifest.startLsn(),
                manifest.tailLsn(),
                closedInOrder(storage, manifest),
                segments,
                unsealed,
                unsealedBytes,
                holes,
                quarantined);
    }

    /** The same that an open believes. */
    private static boolean closedInOrder(Storage storage, Manifest manifest) throws IOException {
        if (!storage.exists(CleanMarker.NAME)) {
            return false;
        }
        try {
            return CleanMarker.read(bytes(storage, CleanMarker.NAME)).log().equals(manifest.log());
        } catch (InvalidBytesException | NewerVersionException | NoSuchFileException e) {
            return false; // an open has just deleted it, or ignores it, or refuses
        }
    }

    private static ByteBuffer bytes(Storage storage, String name) throws IOException {
        try (StorageFile file = storage.open(name, false)) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(Math.toIntExact(file.length())).order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, 0);
            return bytes.flip();
        }
    }

    private static SealedSegment segment(Path directory, Storage storage, Manifest.Entry entry) throws IOException {
        String name = Segment.name(entry.segmentId());
        try (StorageFile file = storage.open(name, false)) {
            long length = file.length();
            ByteBuffer footer = ByteBuffer.allocate(SegmentTrailer.FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            file.read(footer, Math.max(0, length - SegmentTrailer.FOOTER_BYTES));
            if (footer.hasRemaining()) {
                throw new WalCorruptException(name + " has " + length + " bytes, too few for a sealed segment");
            }
            long table = SegmentTrailer.tablePosition(footer.flip(), length);
            return new SealedSegment(
                    entry.segmentId(),
                    entry.baseLsn(),
                    entry.endLsn(),
                    SegmentTrailer.gone(footer),
                    (length - SegmentTrailer.FOOTER_BYTES - table) / SegmentTrailer.ROW_BYTES,
                    table - SegmentHeader.BYTES,
                    length,
                    Files.getLastModifiedTime(directory.resolve(name)).toInstant());
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(name + ": " + e.getMessage() + "; 'verify' says more");
        }
    }

    private static Manifest manifest(Storage storage) throws IOException {
        try {
            return Manifest.read(bytes(storage, Manifest.NAME));
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    Manifest.NAME + ": " + e.getMessage() + "; docs/OPERATIONS.md says what can be done");
        } catch (NewerVersionException e) {
            throw new IOException(Manifest.NAME + ": " + e.getMessage() + "; 'verify' says more", e);
        }
    }
}
