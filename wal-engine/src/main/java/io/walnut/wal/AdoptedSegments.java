package io.walnut.wal;

import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Opens and verifies segments that come from elsewhere, and makes them durable, before anything of the log goes. */
final class AdoptedSegments {
    /** Of a file that may not be durable yet: under a segment's name it would be a part of the tail. */
    static final String TEMPORARY = ".adopted";

    private AdoptedSegments() {}

    /** Durable on return, but for its name. */
    static Segment open(Storage storage, long id, Path path)
            throws IOException, InvalidBytesException, NewerVersionException {
        StorageFile file = storage.open(Segment.name(id) + TEMPORARY, true);
        try {
            return open(id, path, file);
        } catch (IOException | InvalidBytesException | NewerVersionException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static Segment open(long id, Path path, StorageFile file)
            throws IOException, InvalidBytesException, NewerVersionException {
        long length = file.length();
        SegmentTrailer.Footer footer = SegmentTrailer.check(SealedSegments.trailer(file, length));
        ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
        file.read(block, 0);
        SegmentHeader header = SegmentHeader.read(block.flip());
        if (header.salt() != footer.salt() || header.baseLsn() != footer.baseLsn()) {
            throw new InvalidBytesException(path + ": header and footer disagree");
        }
        Segment segment = Segment.sealed(id, footer, file, length);
        try {
            SealedSegments.verify(segment);
            file.sync(); // a link says nothing of whether whoever wrote the file has done so
            file.endDurableWrites(); // many are open at once, until all have their names
        } catch (IOException | InvalidBytesException | RuntimeException e) {
            segment.release();
            throw e;
        }
        return segment;
    }

    /** Checks that the segments are dense and reach to {@code end}, and cuts each where the next one begins. */
    static void checkAdopted(List<Segment> adopted, long end) throws InvalidBytesException {
        if (adopted.isEmpty()
                || end <= adopted.getFirst().baseLsn()
                || end > adopted.getLast().endLsn()) {
            throw new InvalidBytesException("they do not reach LSN " + end);
        }
        for (int i = 1; i < adopted.size(); i++) {
            if (adopted.get(i).baseLsn() <= adopted.get(i - 1).baseLsn()) {
                throw new InvalidBytesException("LSN " + adopted.get(i).baseLsn() + " begins a segment that comes after"
                        + " the one that begins at " + adopted.get(i - 1).baseLsn());
            }
            // A segment that was truncated holds more than counts: the next one's base says where it ends.
            if (adopted.get(i).baseLsn() > adopted.get(i - 1).endLsn()) {
                throw new InvalidBytesException("LSNs " + adopted.get(i - 1).endLsn() + " to "
                        + adopted.get(i).baseLsn() + " are missing");
            }
            adopted.get(i - 1).cut(adopted.get(i).baseLsn());
        }
    }
}
