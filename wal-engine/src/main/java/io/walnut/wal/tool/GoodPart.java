package io.walnut.wal.tool;

import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Cuts a damaged log, as it is in memory, before its first bad frame: the engine then opens what is left. */
final class GoodPart {
    private GoodPart() {}

    static void keep(OverlayStorage storage, RecoveryReport damage) throws IOException {
        Manifest manifest = manifest(storage);
        if (storage.exists(CleanMarker.NAME)) {
            storage.delete(CleanMarker.NAME);
        }
        Set<Long> kept = new HashSet<>();
        for (SegmentFinding segment : damage.segments()) {
            if (segment.verdict().corrupt()) {
                if (segment.records() > 0) {
                    kept.add(segment.segmentId());
                    cut(storage, manifest, segment);
                }
                deleteAllBut(kept, storage);
                endBefore(segment, storage, manifest);
                return;
            }
            kept.add(segment.segmentId());
        }
    }

    private static void cut(OverlayStorage storage, Manifest manifest, SegmentFinding bad) throws IOException {
        StorageFile file = storage.open(Segment.name(bad.segmentId()), true);
        ByteBuffer firstFrame = ByteBuffer.allocate(FrameFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(firstFrame, SegmentHeader.BYTES);
        ByteBuffer header = ByteBuffer.allocate(SegmentHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        // The salt is the first frame's, which is good; the header itself may not be. Made length 0: it may end
        // anywhere.
        new SegmentHeader(manifest.log(), bad.segmentId(), bad.baseLsn(), FrameFormat.salt(firstFrame, 0), 0)
                .write(header);
        file.setLength(bad.endPosition());
        file.write(header, 0);
    }

    /** The damaged segment is the last of the tail. */
    private static void endBefore(SegmentFinding bad, OverlayStorage storage, Manifest manifest) throws IOException {
        List<Manifest.Entry> listed = manifest.segments().stream()
                .takeWhile(entry -> entry.segmentId() != bad.segmentId())
                .toList();
        boolean wasListed = listed.size() < manifest.segments().size();
        Manifest upTo = new Manifest(
                manifest.log(),
                manifest.startLsn(),
                wasListed ? bad.segmentId() : manifest.tailId(),
                wasListed ? bad.baseLsn() : manifest.tailLsn(),
                listed);
        StorageFile file = storage.open(Manifest.NAME, true);
        file.setLength(0);
        file.write(upTo.encode(), 0);
    }

    private static void deleteAllBut(Set<Long> kept, OverlayStorage storage) throws IOException {
        for (String name : storage.list()) {
            long id = Segment.id(name);
            if (id >= 0 && !kept.contains(id)) {
                storage.delete(name);
            }
        }
    }

    private static Manifest manifest(OverlayStorage storage) throws IOException {
        StorageFile file = storage.open(Manifest.NAME, false);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.length())).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, 0);
        try {
            return Manifest.read(bytes.flip());
        } catch (InvalidBytesException | NewerVersionException e) {
            throw new IOException(Manifest.NAME + " has changed since it was read: " + e.getMessage(), e);
        }
    }
}
