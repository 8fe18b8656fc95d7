package io.walnut.wal;

import io.walnut.wal.Mending.Part;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a good segment in the place of a damaged one while the log is open, by the rules by which an open does it: what is good of
 * it and what a copy has are written to a new file, the damaged one is set aside as evidence.
 *
 * <p>Appends and reads go on while it is written ({@link Replacement}). One repair at a time.
 */
final class Repair {
    /** Of a file that is not listed yet, and never again when an open finds it. */
    static final String TEMPORARY = ".repair";

    private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

    private final LogState state;
    private final StructuralChanges changes;
    private final Replacement replacement;
    private boolean closed; // guarded by this

    Repair(LogState state, StructuralChanges changes, Replacement replacement) {
        this.state = state;
        this.changes = changes;
        this.replacement = replacement;
    }

    /** {@link Wal#repair}. */
    synchronized void run(LsnRange damaged, Storage copies) throws WalException {
        checkOpen();
        if (state.segments.stream().anyMatch(segment -> !segment.sealed() && holdsSome(segment, damaged))) {
            changes.roll();
        }
        for (Segment segment : state.segments) {
            if (segment.sealed() && holdsSome(segment, damaged) && segment.retain()) {
                try {
                    mend(segment, copies);
                } finally {
                    segment.release();
                }
            }
        }
    }

    private static boolean holdsSome(Segment segment, LsnRange lsns) {
        return segment.baseLsn() < lsns.to() && segment.endLsn() > lsns.from();
    }

    private void checkOpen() throws WalException {
        state.mutex.lock();
        try {
            state.checkOpen();
        } finally {
            state.mutex.unlock();
        }
        if (closed) {
            throw new WalClosedException("the log in " + state.storage.describe() + " is closed");
        }
    }

    /** Returns when no repair writes any more. */
    synchronized void close() {
        closed = true;
    }

    private void mend(Segment segment, Storage copies) throws WalException {
        String name = Segment.name(segment.id());
        List<String> written = new ArrayList<>();
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            Part.Damaged good = complete(segment, copies, arena);
            for (Salvage.Piece piece : good.found().pieces()) {
                String temporary = name + "." + written.size() + TEMPORARY;
                written.add(temporary);
                SegmentCopy.write(
                                state.storage,
                                temporary,
                                state.log,
                                segment.id(),
                                good.found().salt(),
                                piece.bytes(),
                                piece.run())
                        .release();
            }
            Mending.report(state.storage, good);
            changes.exclusively("a repair", () -> replace(segment, good.found(), written));
            done = true;
        } catch (WalException e) {
            throw e;
        } catch (StorageFullException e) {
            throw new WalStorageFullException(
                    "no room to repair " + name + " in " + state.storage.describe() + "; the log is as it was: "
                            + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new WalIoException(
                    "repairing " + name + " in " + state.storage.describe() + " failed; the log is as it was: " + e, e);
        } finally {
            if (!done && state.failure == null) {
                takeBack(name, written);
            }
        }
    }

    /** What is good of it, and what of the rest there is in copies: all, or this fails. */
    private Part.Damaged complete(Segment segment, Storage copies, Arena arena) throws IOException {
        long start = System.nanoTime();
        long from = segment.baseLsn();
        long to = segment.endLsn();
        long length = segment.file().length();
        Salvage.Found own;
        try {
            ByteBuffer bytes = TailScan.load(segment.file(), arena);
            own = Salvage.find(bytes, segment.salt(), from, to);
        } catch (IOException e) {
            LOG.debug("{} cannot be read, all of it must come from a copy", segment.file(), e);
            own = new Salvage.Found(segment.salt(), List.of());
        }
        List<LsnRange> bad = own.missing(from, to);
        long firstBad = bad.isEmpty() ? to : bad.getFirst().from();
        SegmentFinding finding = new SegmentFinding(
                segment.id(),
                Verdict.SEALED_DAMAGED,
                from,
                firstBad,
                to,
                segment.endPosition(),
                length,
                System.nanoTime() - start,
                "repaired while the log was open; LSNs that were not good in it: " + bad);
        List<Part> parts = new ArrayList<>(List.of(new Part.Damaged(finding, own, to)));
        new Copies(copies, state.storage, state.log, arena).fill(parts, from, to);
        Part.Damaged filled = (Part.Damaged) parts.getFirst();
        List<LsnRange> missing = filled.found().missing(Math.max(from, state.startLsn), to); // of the log
        if (!missing.isEmpty()) {
            throw new WalCorruptException(
                    Segment.name(segment.id()) + " of " + state.storage.describe() + " cannot be repaired: of LSNs "
                            + missing + " there is no good copy in " + copies.describe() + "; nothing was changed. "
                            + WalCorruptException.ADVICE,
                    missing,
                    Optional.empty());
        }
        return filled;
    }

    /** Within {@link StructuralChanges#exclusively}. */
    private void replace(Segment damaged, Salvage.Found found, List<String> written) throws IOException {
        int at = state.segments.indexOf(damaged);
        if (at < 0) {
            takeBack(Segment.name(damaged.id()), written); // trimmed, or truncated: nothing is missing any more
            return;
        }
        changes.endTailBefore(damaged);
        List<Replacement.Finished> finished = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            Salvage.Piece piece = found.pieces().get(i);
            if (piece.baseLsn() >= damaged.endLsn()) {
                state.storage.delete(written.get(i)); // truncated since
                continue;
            }
            long endLsn = Math.min(piece.endLsn(), damaged.endLsn());
            finished.add(new Replacement.Finished(
                    written.get(i), new Manifest.Entry(state.nextSegmentId++, piece.baseLsn(), endLsn, found.salt())));
        }
        replacement.run(at, at + 1, finished);
        damaged.release();
        LOG.info("repaired segment={} lsn={}..{}", damaged.id(), damaged.baseLsn(), damaged.endLsn());
        setAside(Segment.name(damaged.id()));
    }

    private void setAside(String name) {
        try {
            state.storage.rename(name, name + Mending.EVIDENCE);
            state.storage.syncDirectory();
        } catch (IOException e) {
            LOG.warn("{} in {} was repaired and is set aside by the next open", name, state.storage.describe(), e);
        }
    }

    private void takeBack(String name, List<String> written) {
        IOException failures = new IOException("what a repair has written could not be deleted");
        written.forEach(temporary -> SmallFiles.deleteIfThere(state.storage, temporary, failures));
        SmallFiles.deleteIfThere(state.storage, name + Mending.REPORT, failures);
        if (failures.getSuppressed().length > 0) {
            LOG.warn("after a repair in {}, the next open deletes it", state.storage.describe(), failures);
        }
    }
}
