package io.walnut.wal;

import io.walnut.wal.Mending.Part;
import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.format.NewerVersionException;
import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.Hole;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.recovery.RecoveryReport;
import io.walnut.wal.recovery.SegmentFinding;
import io.walnut.wal.recovery.Verdict;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Opens a directory after whatever happened to it. First looks and judges, and throws when durable bytes are wrong, with the
 * directory as it was; only then lets {@link Mending} seal the tail where it ends and delete what is left over.
 */
final class Recovery {
    /** Of files, each by one: more bring nothing, and there are hardly more than two. */
    private static final int TAIL_READERS = 2;

    private final Storage storage;
    private final WalOptions options;
    private final RecoveryPolicy policy;
    private final SealedSegments sealed;
    private final boolean inline;
    private final long start = System.nanoTime();
    private final List<SegmentFinding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();
    private final List<String> useless = new ArrayList<>(); // files of the tail in which nothing counts

    Recovery(Storage storage, WalOptions options) {
        this.storage = storage;
        this.options = options;
        this.policy = options.recovery();
        this.sealed = new SealedSegments(storage, options);
        this.inline = options.backgroundWork() == BackgroundWork.INLINE;
    }

    /**
     * A consistent log: all of its segments are sealed.
     *
     * @param mappings of the files that were looked at, for nobody any more. To close them takes a while: only then does the operating
     *     system give back what it holds of files that were deleted
     */
    record Recovered(
            UUID log,
            long startLsn,
            long endLsn,
            long nextSegmentId,
            List<Segment> segments,
            RecoveryReport report,
            Arena mappings) {}

    Recovered run() throws IOException, WalException {
        // What is seen may be in the memory of the operating system alone, left there by a process that died.
        storage.syncDirectory();
        List<String> names = storage.list();
        Manifest manifest = names.contains(Manifest.NAME) ? readManifest() : create(names);
        Optional<CleanMarker> clean = readMarker(names, manifest);
        Mending mending = new Mending(storage, manifest, nextSegmentId(manifest, names));
        Arena arena = Arena.ofShared();
        try {
            openListed(manifest, arena);
            long foundLsn = scanTail(manifest, names, clean, arena);
            if (policy.copies().isPresent()) {
                new Copies(policy.copies().get(), storage, manifest.log(), arena)
                        .fill(parts, manifest.startLsn(), foundLsn);
            }
            check(foundLsn, clean, manifest);
            long endLsn = policy.endLsn().orElse(foundLsn);
            drop(endLsn);
            mending.run(parts, useless, endLsn);
            List<Hole> holes = holes(mending.segments(), manifest.startLsn(), endLsn);
            return new Recovered(
                    manifest.log(),
                    manifest.startLsn(),
                    endLsn,
                    mending.nextId(),
                    mending.segments(),
                    report(clean.isPresent(), manifest, endLsn, holes),
                    arena);
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            mending.segments().forEach(Segment::release);
            for (Part part : parts) {
                if (part instanceof Part.Sealed(Segment segment)
                        && !mending.segments().contains(segment)) {
                    segment.release();
                }
            }
            throw e;
        }
    }

    private RecoveryReport report(boolean clean, Manifest manifest, long endLsn, List<Hole> holes) {
        return new RecoveryReport(
                clean, manifest.startLsn(), endLsn, findings, holes, notes, System.nanoTime() - start);
    }

    /** Throws when durable bytes are wrong, unless somebody has said what to do about that. */
    private void check(long endLsn, Optional<CleanMarker> clean, Manifest manifest) throws WalException {
        long wanted = policy.endLsn().orElse(Long.MAX_VALUE);
        if (policy.endLsn().isPresent() && wanted > endLsn) {
            throw new WalRangeException(wanted, endLsn);
        }
        if (wanted < manifest.startLsn()) {
            throw new WalTrimmedException(wanted, manifest.startLsn());
        }
        if (clean.isPresent()
                && clean.get().endLsn() != endLsn
                && wanted > Math.min(endLsn, clean.get().endLsn())) {
            throw corrupt(
                    "the log in " + storage.describe() + " was closed in order at LSN "
                            + clean.get().endLsn() + " and now ends at " + endLsn,
                    endLsn,
                    clean.get().endLsn(),
                    manifest,
                    true);
        }
        Optional<SegmentFinding> damage = findings.stream()
                .filter(finding ->
                        finding.verdict().corrupt() && finding.endLsn() < wanted && !isFilled(finding, endLsn))
                .findFirst();
        if (damage.isPresent() && policy.onCorruption() == RecoveryPolicy.OnCorruption.FAIL) {
            SegmentFinding bad = damage.get();
            throw corrupt(
                    "durable bytes are wrong: segment " + bad.segmentId() + " of " + storage.describe() + ", "
                            + bad.verdict().text() + ": " + bad.detail(),
                    bad.endLsn(),
                    bad.corruptToLsn(),
                    manifest,
                    clean.isPresent());
        }
    }

    /** Whether everything that the damaged segment held is found, in it or in a copy. */
    private boolean isFilled(SegmentFinding finding, long endLsn) {
        return parts.stream()
                .anyMatch(part -> part instanceof Part.Damaged(SegmentFinding of, Salvage.Found found, long end)
                        && of.equals(finding)
                        && found.missing(of.baseLsn(), Math.min(end, Math.max(endLsn, of.corruptToLsn())))
                                .isEmpty());
    }

    /** Parts that lie wholly beyond the end. */
    private void drop(long endLsn) {
        for (Part part : parts) {
            if (part.baseLsn() >= endLsn && part instanceof Part.Sealed(Segment segment)) {
                segment.release();
            }
        }
        parts.removeIf(part -> part.baseLsn() >= endLsn && !(part instanceof Part.Damaged));
    }

    private static List<Hole> holes(List<Segment> segments, long startLsn, long endLsn) {
        List<Hole> holes = new ArrayList<>();
        long lsn = startLsn;
        for (Segment segment : segments) {
            if (segment.baseLsn() > lsn) {
                holes.add(new Hole(lsn, segment.baseLsn()));
            }
            lsn = Math.max(lsn, segment.endLsn());
        }
        if (endLsn > lsn) {
            holes.add(new Hole(lsn, endLsn));
        }
        return holes;
    }

    private WalCorruptException corrupt(String message, long from, long to, Manifest manifest, boolean clean) {
        return new WalCorruptException(
                message + "; nothing was changed. " + WalCorruptException.ADVICE,
                List.of(new LsnRange(from, Math.max(from, to))),
                Optional.of(report(clean, manifest, from, List.of())));
    }

    private Manifest create(List<String> names) throws IOException, WalException {
        for (String name : names) {
            if (Segment.id(name) >= 0) {
                throw new WalCorruptException(
                        storage.describe() + " has segments but no " + Manifest.NAME + "; nothing was changed. "
                                + WalCorruptException.ADVICE,
                        List.of(),
                        Optional.empty());
            }
        }
        Manifest manifest =
                new Manifest(options.identity().get(), options.firstLsn(), 0, options.firstLsn(), List.of());
        SmallFiles.replace(storage, Manifest.TEMPORARY_NAME, Manifest.NAME, manifest.encode());
        return manifest;
    }

    private Manifest readManifest() throws IOException, WalException {
        try {
            return Manifest.read(SmallFiles.read(storage, Manifest.NAME));
        } catch (InvalidBytesException e) {
            throw new WalCorruptException(
                    Manifest.NAME + " of " + storage.describe() + " is damaged: " + e.getMessage()
                            + "; nothing was changed. " + WalCorruptException.ADVICE,
                    List.of(),
                    Optional.empty());
        } catch (NewerVersionException e) {
            throw newer(Manifest.NAME, e);
        }
    }

    private UnsupportedVersionException newer(String name, NewerVersionException e) {
        return new UnsupportedVersionException(
                storage.describe() + ": " + name + ": " + e.getMessage() + "; nothing was changed", e);
    }

    private Optional<CleanMarker> readMarker(List<String> names, Manifest manifest) throws IOException {
        if (!names.contains(CleanMarker.NAME)) {
            return Optional.empty();
        }
        try {
            CleanMarker marker = CleanMarker.read(SmallFiles.read(storage, CleanMarker.NAME));
            if (marker.log().equals(manifest.log())) {
                return Optional.of(marker);
            }
            notes.add(CleanMarker.NAME + " is another log's and was ignored");
        } catch (NewerVersionException e) {
            throw newer(CleanMarker.NAME, e);
        } catch (InvalidBytesException e) {
            notes.add(CleanMarker.NAME + " is damaged and was ignored: " + e.getMessage());
        }
        return Optional.empty();
    }

    private void openListed(Manifest manifest, Arena arena) throws IOException {
        List<SealedSegments.Opened> listed = sealed.open(manifest.segments());
        if (options.verification() == WalOptions.Verification.FULL) {
            listed = sealed.verify(listed, policy.listener());
        }
        for (SealedSegments.Opened opened : listed) {
            findings.add(opened.finding());
            if (opened.segment() != null) {
                parts.add(new Part.Sealed(opened.segment()));
            }
        }
        if (mayMendDamage()) {
            for (SealedSegments.Opened opened : listed) {
                if (opened.segment() == null) {
                    parts.add(damaged(opened, arena));
                }
            }
            parts.sort(Comparator.comparingLong(Part::baseLsn));
        }
    }

    private boolean mayMendDamage() {
        return policy.onCorruption() == RecoveryPolicy.OnCorruption.QUARANTINE
                || policy.endLsn().isPresent()
                || policy.copies().isPresent();
    }

    private Part damaged(SealedSegments.Opened opened, Arena arena) throws IOException {
        Manifest.Entry entry = opened.entry();
        if (opened.finding().verdict() == Verdict.MISSING) {
            return new Part.Damaged(opened.finding(), new Salvage.Found(entry.salt(), List.of()), entry.endLsn());
        }
        try (StorageFile file = storage.open(Segment.name(entry.segmentId()), false)) {
            ByteBuffer bytes = TailScan.load(file, arena);
            Salvage.Found found = Salvage.find(bytes, entry.salt(), entry.baseLsn(), entry.endLsn());
            return new Part.Damaged(opened.finding(), found, entry.endLsn());
        }
    }

    /** Judges the segments that the manifest does not list; returns the end of the log. */
    private long scanTail(Manifest manifest, List<String> names, Optional<CleanMarker> clean, Arena arena)
            throws IOException {
        Set<Long> listed =
                manifest.segments().stream().map(Manifest.Entry::segmentId).collect(Collectors.toSet());
        List<String> tail = names.stream()
                .filter(name -> Segment.id(name) >= manifest.tailId() && !listed.contains(Segment.id(name)))
                .sorted()
                .toList();
        List<TailFile> files = new ArrayList<>();
        Workers.each(inline ? 1 : TAIL_READERS, tail.size(), i -> TailFile.load(storage, tail.get(i), arena), files);
        for (TailFile foreign :
                files.stream().filter(file -> file.isForeign(manifest.log())).toList()) {
            notes.add(foreign.name() + " was linked in by an adoption that did not come about");
            files.remove(foreign);
        }
        long wanted = clean.map(CleanMarker::endLsn).orElse(-1L);
        long lsn = manifest.tailLsn();
        for (int i = 0; i < files.size(); i++) {
            lsn = judge(files.get(i), files.subList(i + 1, files.size()), lsn, i == files.size() - 1 ? wanted : -1);
        }
        return mayMendDamage() ? Math.max(lsn, wanted) : lsn;
    }

    /**
     * Judges one file of the tail.
     *
     * @param wanted LSN to which it must reach, or -1
     * @return the LSN at which the next one should begin
     */
    private long judge(TailFile file, List<TailFile> later, long lsn, long wanted) throws IOException {
        long from = System.nanoTime();
        SegmentHeader header = file.header();
        if (header != null && header.baseLsn() > lsn && mayMendDamage()) {
            findings.add(missing(file, lsn, header.baseLsn()));
            return judge(file, later, header.baseLsn(), wanted);
        }
        TailFile.Judgement judgement = file.judge(lsn, later);
        TailScan scan = judgement.scan();
        Verdict verdict = scan.endLsn() < wanted ? Verdict.CORRUPT : judgement.verdict();
        SegmentFinding finding = new SegmentFinding(
                file.id(),
                verdict,
                lsn,
                scan.endLsn(),
                Math.max(scan.endLsn(), Math.max(judgement.provenLsn(), wanted)),
                Math.min(scan.endPosition(), file.bytes().limit()),
                file.bytes().limit(),
                System.nanoTime() - from,
                judgement.detail());
        findings.add(finding);
        if (verdict.corrupt() && mayMendDamage()) {
            long next = TailFile.nextBase(later);
            Salvage.Found found = Salvage.find(
                    file.bytes(),
                    header == null ? null : Integer.valueOf(header.salt()),
                    lsn,
                    next < 0 ? Long.MAX_VALUE : next);
            parts.add(new Part.Damaged(finding, found, next < 0 ? Long.MAX_VALUE : next));
            return Math.max(found.endLsn(lsn), next);
        }
        if (verdict == Verdict.WHOLE || verdict == Verdict.TORN) {
            parts.add(new Part.Unsealed(file, judgement, lsn));
            return scan.endLsn();
        }
        useless.add(file.name());
        return lsn;
    }

    /** Of what should stand before a file there is nothing, not even a file. */
    private static SegmentFinding missing(TailFile before, long fromLsn, long toLsn) {
        return new SegmentFinding(
                before.id(),
                Verdict.MISSING,
                fromLsn,
                fromLsn,
                toLsn,
                0,
                0,
                0,
                before.name() + " begins at LSN " + toLsn + ", expected LSN " + fromLsn);
    }

    /** Not one of a file that was set aside either: the next open would take a later file of that id for the evidence. */
    private static long nextSegmentId(Manifest manifest, List<String> names) {
        long next = manifest.tailId();
        for (String name : names) {
            String segment = name.replace(Mending.EVIDENCE, "").replace(Mending.REPORT, "");
            next = Math.max(next, Segment.id(segment) + 1);
        }
        return next;
    }
}
