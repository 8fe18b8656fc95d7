package io.walnut.wal;

import io.walnut.wal.Mending.Part;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Good copies of segments, from a checkpoint or a backup, that stand in for what is damaged or lost.
 *
 * <p>A frame is taken when it is good, and of the same log and of a segment with the same salt as the damaged one: every segment
 * has a salt of its own, so what was truncated and written anew after the copy was made does not pass. The salt of an old hole
 * is that of the file which was set aside.
 */
final class Copies {
    private final Storage from;
    private final Storage damaged;
    private final UUID log;
    private final Arena arena;

    Copies(Storage from, Storage damaged, UUID log, Arena arena) {
        this.from = from;
        this.damaged = damaged;
        this.log = log;
        this.arena = arena;
    }

    private record Copy(SegmentHeader header, ByteBuffer bytes) {}

    /** Completes damaged parts, and adds parts for old holes. */
    void fill(List<Part> parts, long startLsn, long endLsn) throws IOException {
        List<LsnRange> holes = holes(parts, startLsn, endLsn);
        List<Evidence> evidence = holes.isEmpty() ? List.of() : Evidence.in(damaged, arena);
        Set<Integer> salts = evidence.stream().map(Evidence::salt).collect(Collectors.toCollection(HashSet::new));
        for (Part part : parts) {
            if (part instanceof Part.Damaged damaged) {
                salts.add(damaged.found().salt());
            }
        }
        List<Copy> copies = copies(salts);
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i) instanceof Part.Damaged(var finding, var found, long end)) {
                long to = Math.min(end, Math.max(endLsn, finding.corruptToLsn()));
                parts.set(i, new Part.Damaged(finding, filled(found, finding.baseLsn(), to, copies), end));
            }
        }
        for (Evidence one : evidence) {
            holes = restored(holes, one, copies, parts);
        }
        parts.sort(Comparator.comparingLong(Part::baseLsn));
    }

    /** Adds what copies of one segment have of the holes; what is left of those is for the next. */
    private static List<LsnRange> restored(List<LsnRange> holes, Evidence of, List<Copy> copies, List<Part> parts) {
        List<LsnRange> left = new ArrayList<>();
        for (LsnRange hole : holes) {
            long to = Math.min(hole.to(), of.belowLsn());
            Salvage.Found found = new Salvage.Found(of.salt(), List.of());
            if (to > hole.from()) {
                found = filled(found, hole.from(), to, copies);
            }
            if (!found.pieces().isEmpty()) {
                parts.add(new Part.Restored(found, found.pieces().getFirst().baseLsn(), to));
            }
            found.missing(hole.from(), hole.to()).forEach(missing -> addWithout(of.held(), missing, left));
        }
        return left;
    }

    /** What was set aside later had its LSNs last: what is older has none of them that count. */
    private static void addWithout(LsnRange held, LsnRange missing, List<LsnRange> left) {
        long before = Math.min(missing.to(), held.from());
        if (missing.from() < before) {
            left.add(new LsnRange(missing.from(), before));
        }
        long after = Math.max(missing.from(), held.to());
        if (after < missing.to()) {
            left.add(new LsnRange(after, missing.to()));
        }
    }

    private static Salvage.Found filled(Salvage.Found found, long fromLsn, long toLsn, List<Copy> copies) {
        Salvage.Found best = found;
        for (Copy copy : copies) {
            if (copy.header.salt() != found.salt()) {
                continue;
            }
            for (LsnRange missing : best.missing(fromLsn, toLsn)) {
                best = best.with(Salvage.find(copy.bytes, found.salt(), missing.from(), missing.to())
                        .pieces());
            }
        }
        return best;
    }

    /** Between the parts, where nothing was listed. */
    private static List<LsnRange> holes(List<Part> parts, long startLsn, long endLsn) {
        List<LsnRange> holes = new ArrayList<>();
        long lsn = startLsn;
        for (Part part : parts) {
            if (part.baseLsn() > lsn) {
                holes.add(new LsnRange(lsn, part.baseLsn()));
            }
            lsn = Math.max(
                    lsn,
                    switch (part) {
                        case Part.Sealed(Segment segment) -> segment.endLsn();
                        case Part.Unsealed unsealed ->
                            unsealed.judgement().scan().endLsn();
                        case Part.Damaged damaged -> Math.min(damaged.endLsn(), endLsn);
                        case Part.Restored restored -> restored.endLsn();
                    });
        }
        if (lsn < endLsn) {
            holes.add(new LsnRange(lsn, endLsn));
        }
        return holes;
    }

    private List<Copy> copies(Set<Integer> salts) throws IOException {
        List<Copy> copies = new ArrayList<>();
        for (String name : from.list().stream().sorted().toList()) {
            if (Segment.id(name) < 0) {
                continue;
            }
            try (StorageFile file = from.open(name, false)) {
                ByteBuffer block = ByteBuffer.allocate(SegmentHeader.BYTES);
                if (file.read(block, 0) < SegmentHeader.BYTES) {
                    continue;
                }
                SegmentHeader header = SegmentHeader.read(block.flip());
                if (header.log().equals(log) && salts.contains(header.salt())) {
                    copies.add(new Copy(header, TailScan.load(file, arena)));
                }
            } catch (InvalidBytesException | NewerVersionException e) {
                // not a copy that can be used; what remains missing is said at the end
            }
        }
        return copies;
    }
}
