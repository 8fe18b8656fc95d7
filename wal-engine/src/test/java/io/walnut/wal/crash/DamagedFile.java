package io.walnut.wal.crash;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Checkpoint;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.crash.Damage.Outcome;
import io.walnut.wal.format.CleanMarker;
import io.walnut.wal.format.Manifest;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.segment.Segment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * One of each kind of file that a log has, in a directory in which it is what it is, and what an open has to say when it is
 * damaged: part by part of the file, written down before it is tried.
 */
enum DamagedFile {
    /** Listed in the manifest, of a log that was closed in order. */
    SEALED {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            log.write(1, 2).write(3).write(4).close();
            return log.example(0, SEGMENT_BYTES + TRAILER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames", BLOCK, SEGMENT_BYTES, Outcome.REFUSED_AT_READ)
                    .rest("trailer", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** Sealed, and a crash came before it was listed; the next one is begun. */
    SEALED_NOT_LISTED {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            byte[] manifest = log.bytes(Manifest.NAME);
            log.write(1, 2).write(3).write(4);
            log.put(Manifest.NAME, manifest);
            return log.example(0, SEGMENT_BYTES + TRAILER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames", BLOCK, SEGMENT_BYTES, Outcome.REFUSED_AT_OPEN)
                    .rest("trailer, written again", Outcome.HARMLESS) // the next header says where the frames end
                    .cutsFrom(0, Outcome.REFUSED_AT_OPEN)
                    .cutsFrom(SEGMENT_BYTES, Outcome.HARMLESS); // the trailer alone, which is written again
        }
    },
    /** The same, and nothing is begun after it. */
    SEALED_NOT_LISTED_LAST {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            byte[] manifest = log.bytes(Manifest.NAME);
            log.write(1, 2).roll();
            log.put(Manifest.NAME, manifest);
            return log.example(0, 2 * BLOCK + 2 * ROW_BYTES + FOOTER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames", BLOCK, 2 * BLOCK, Outcome.REFUSED_AT_OPEN)
                    .rest("trailer", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** Two writes, the second of two frames, and room for a third; not closed. */
    ACTIVE {
        @Override
        Example make() throws WalException {
            return active(new Log(1).write(1).write(2, 3), 0);
        }
    },
    /** The same when there was no room to make the next one ahead, so that no later file speaks for this one. */
    ACTIVE_AND_LAST {
        @Override
        Example make() throws WalException {
            Log log = new Log(1);
            log.storage.refuse((_, kind, name) -> {
                if (kind == Kind.CREATE && name.endsWith(".seg")) {
                    throw new StorageFullException("full: " + name);
                }
            });
            log.write(1).write(2, 3);
            return active(log, 0)
                    .cutsFrom(0, Outcome.FIRST_WRITE_LOST) // docs/GUARANTEES.md, not promised
                    .cutsFrom(BLOCK, Outcome.REFUSED_AT_OPEN);
        }
    },
    /** Made ahead, not begun: holds nothing. */
    PREPARED {
        @Override
        Example make() throws WalException {
            return new Log(0)
                    .write(1, 2)
                    .example(1, SEGMENT_BYTES)
                    .rest("zeros of a file that is deleted", Outcome.HARMLESS)
                    .cuts(Outcome.HARMLESS);
        }
    },
    /** Made of the file of a trimmed segment, and begun: old frames stand behind the new ones. */
    RECYCLED {
        @Override
        Example make() throws WalException {
            Log log = recycled();
            int id = log.prepared();
            log.write(11).write(12, 13); // ends the segment before, and begins this one
            return active(log, id);
        }
    },
    /** The same, not begun: a block of zeros, then old frames. */
    RECYCLED_NOT_BEGUN {
        @Override
        Example make() throws WalException {
            Log log = recycled();
            return log.example(log.prepared(), SEGMENT_BYTES + BLOCK)
                    .rest("zeros and old frames of a file that is deleted", Outcome.HARMLESS)
                    .cuts(Outcome.HARMLESS);
        }
    },
    /** What a recovery sealed of a segment whose last write was torn between two frames. */
    VOUCHED {
        @Override
        Example make() throws WalException {
            return recovered()
                    .example(0, 3 * BLOCK + ROW_BYTES + FOOTER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames", BLOCK, 2 * BLOCK, Outcome.REFUSED_AT_READ)
                    .part("a frame that was copied, and zeros", 2 * BLOCK, 3 * BLOCK, Outcome.HARMLESS)
                    .rest("trailer", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** What it copied of it. */
    COPY {
        @Override
        Example make() throws WalException {
            return recovered()
                    .example(2, 2 * BLOCK + ROW_BYTES + FOOTER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames", BLOCK, BLOCK + LARGE_FRAME, Outcome.REFUSED_AT_READ)
                    .part("zeros that nothing reads", BLOCK + LARGE_FRAME, 2 * BLOCK, Outcome.HARMLESS)
                    .rest("trailer", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** What a compaction made of two: a gap, and frames before and behind it. */
    COMPACTED {
        @Override
        Example make() throws WalException {
            Log log = new Log(0).write(1, 2).write(3).write(4).compact();
            log.close();
            int frames = BLOCK + 3 * LARGE_FRAME + GAP_FRAME;
            return log.example(COMPACTED_ID, 2 * BLOCK + 4 * ROW_BYTES + FOOTER_BYTES)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                    .part("frames and a gap", BLOCK, frames, Outcome.REFUSED_AT_READ)
                    .part("zeros that nothing reads", frames, 2 * BLOCK, Outcome.HARMLESS)
                    .rest("trailer", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** The same, and a crash came before it was listed: those of which it was made are there. */
    COMPACTED_NOT_LISTED {
        @Override
        Example make() throws WalException {
            Log log = new Log(0).write(1, 2).write(3).write(4).roll();
            Map<String, byte[]> before = log.files();
            LogModel whole = log.acknowledged;
            before.forEach(log::put);
            log.compact().acknowledged = whole;
            return log.example(COMPACTED_ID, 2 * BLOCK + 4 * ROW_BYTES + FOOTER_BYTES)
                    .rest("all of a file that is deleted", Outcome.HARMLESS)
                    .cuts(Outcome.HARMLESS);
        }
    },
    MANIFEST {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            log.write(1, 2).write(3).write(4).close();
            return log.example(Manifest.NAME)
                    .rest("all", Outcome.REFUSED_AT_OPEN)
                    .cuts(Outcome.REFUSED_AT_OPEN);
        }
    },
    /** Never needed: the report says that it is damaged. */
    CLEAN {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            log.write(1, 2).close();
            return log.example(CleanMarker.NAME).rest("all", Outcome.SAID).cuts(Outcome.SAID);
        }
    },
    /** A segment of a checkpoint that another log adopts. */
    CHECKPOINT {
        @Override
        Example make() throws WalException {
            Log log = new Log(0);
            log.write(1, 2).write(3).write(4);
            Checkpoint checkpoint = log.wal.checkpoint(Path.of("/checkpoint"));
            Log other = new Log(0).write(9);
            List<Path> paths = checkpoint.segments().stream()
                    .map(Checkpoint.CheckpointSegment::path)
                    .toList();
            return other.adoption(log, paths)
                    .part("header", 0, BLOCK, Outcome.REFUSED_AT_ADOPTION)
                    .part("frames", BLOCK, SEGMENT_BYTES, Outcome.REFUSED_AT_ADOPTION)
                    .rest("trailer", Outcome.REFUSED_AT_ADOPTION)
                    .cuts(Outcome.REFUSED_AT_ADOPTION);
        }
    };

    private static final int BLOCK = 4096;
    private static final int SECTOR = 512;
    private static final int ROW_BYTES = 8;
    private static final int FOOTER_BYTES = 64;

    /** Header and two writes of a block. */
    private static final int SEGMENT_BYTES = 3 * BLOCK;

    /** A write of two frames, and one of one. */
    private static final int TRAILER_BYTES = 3 * ROW_BYTES + FOOTER_BYTES;

    /** Frame of a record that fills its sector but for the padding. */
    private static final int LARGE_FRAME = SECTOR;

    /** The segments before it are 0 and 1, and 2 is prepared. */
    private static final int COMPACTED_ID = 3;

    private static final int GAP_FRAME = 48;

    private static final int LARGE_RECORD = 455; // 40 + 12 + 455 is padded to 512

    private static Log recovered() throws WalException {
        Log crashed = new Log(1).write(1).write(2, 3);
        byte[] torn = crashed.bytes(Segment.name(0));
        Arrays.fill(torn, 2 * BLOCK + SECTOR, 3 * BLOCK, (byte) 0);
        crashed.put(Segment.name(0), torn);
        return new Log(FaultyStorage.of(crashed.files()), 1, crashed.acknowledged.truncatedAfter(1));
    }

    abstract Example make() throws WalException;

    /** The last write of a log that was not closed cannot be told from one that was torn; all before it can. */
    private static Example active(Log log, int id) {
        return log.example(id, 4 * BLOCK)
                .part("header", 0, BLOCK, Outcome.REFUSED_AT_OPEN)
                .part("first write", BLOCK, 2 * BLOCK, Outcome.REFUSED_AT_OPEN)
                .part("last write", 2 * BLOCK, 3 * BLOCK, Outcome.LAST_WRITE_LOST)
                .rest("behind the frames", Outcome.HARMLESS)
                .cuts(Outcome.REFUSED_AT_OPEN);
    }

    /** A log whose prepared segment is made of the file of a trimmed one. */
    private static Log recycled() throws WalException {
        Log log = new Log(1);
        for (int i = 0; i < 9; i++) {
            log.write(i); // three to a segment
        }
        log.trim(6);
        log.write(9); // the first of the fourth, which was prepared before; the fifth is prepared of the first
        return log.roll();
    }

    static WalOptions options(int spareBlocks) {
        int[] salt = {1};
        return WalOptions.defaults()
                .withSizes(SEGMENT_BYTES + spareBlocks * BLOCK, 4000, 4 * BLOCK)
                .withBackgroundWork(BackgroundWork.INLINE)
                .withIdentity(() -> new UUID(1, 2))
                .withSalts(() -> salt[0] = salt[0] * 31 + 7);
    }

    /** What is expected of damage in a part of the file. */
    record Part(String name, int from, int to, Outcome expected) {}

    /**
     * The directory and the file in it.
     *
     * @param adopted paths outside that are to be adopted, the first of which is damaged; empty when a file inside is
     */
    @SuppressWarnings("ArrayRecordComponent") // made here, changed by nobody
    record Example(
            Map<String, byte[]> files,
            String damaged,
            byte[] original,
            LogModel acknowledged,
            int spareBlocks,
            List<Part> parts,
            List<Part> cutParts,
            List<Path> adopted,
            Map<Path, byte[]> outside) {
        Example part(String name, int from, int to, Outcome expected) {
            if (from != (parts.isEmpty() ? 0 : parts.getLast().to) || to > original.length) {
                throw new IllegalArgumentException(name + " from " + from + " to " + to + " of " + original.length);
            }
            parts.add(new Part(name, from, to, expected));
            return this;
        }

        Example rest(String name, Outcome expected) {
            return part(name, parts.isEmpty() ? 0 : parts.getLast().to, original.length, expected);
        }

        Example cuts(Outcome expected) {
            return cutsFrom(0, expected);
        }

        /** Files cut to that length or more. The last one that covers a length counts. */
        Example cutsFrom(int length, Outcome expected) {
            cutParts.add(new Part("cut", length, original.length, expected));
            return this;
        }

        Part partAt(int at) {
            return parts.stream()
                    .filter(part -> part.from <= at && at < part.to)
                    .findFirst()
                    .orElseThrow();
        }

        Part cutAt(int length) {
            return cutParts.reversed().stream()
                    .filter(part -> part.from <= length)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** A log that is being made. */
    private static final class Log {
        final FaultyStorage storage;
        final Wal wal;
        final int spareBlocks;
        LogModel acknowledged;
        final Map<String, byte[]> replaced = new HashMap<>();

        Log(int spareBlocks) throws WalException {
            this(new FaultyStorage(), spareBlocks, LogModel.empty());
        }

        Log(FaultyStorage storage, int spareBlocks, LogModel holds) throws WalException {
            this.storage = storage;
            this.spareBlocks = spareBlocks;
            this.acknowledged = holds;
            this.wal = Wal.open(storage, options(spareBlocks));
        }

        /** One write, each record a frame of a sector. */
        Log write(int... records) throws WalException {
            for (int i = 0; i < records.length; i++) {
                var entry = new LogModel.Entry(records[i], records[i] + "x".repeat(LARGE_RECORD - 1));
                List<LogModel.Entry> batch = List.of(new LogModel.Entry(
                        records[i], entry.payload().substring(0, LARGE_RECORD - (records[i] > 9 ? 1 : 0))));
                acknowledged = acknowledged.with(batch);
                if (i < records.length - 1) {
                    wal.enqueue(Scenario.encode(batch));
                } else {
                    wal.append(Scenario.encode(batch));
                }
            }
            return this;
        }

        void trim(long lsn) throws WalException {
            wal.trimBefore(lsn);
            acknowledged = acknowledged.trimmedBefore(lsn);
        }

        /** Without the record 3. */
        Log compact() throws WalException {
            wal.roll();
            Scenario.compact(wal, 0);
            acknowledged = acknowledged.compacted(entry -> Scenario.keeps(entry.tag(), 0), acknowledged.endLsn());
            return this;
        }

        Log roll() throws WalException {
            wal.roll();
            return this;
        }

        void close() throws WalException {
            wal.close();
        }

        /** Id of the newest file. */
        int prepared() {
            return storage.contents().keySet().stream()
                    .mapToInt(name -> (int) Segment.id(name))
                    .max()
                    .orElseThrow();
        }

        byte[] bytes(String name) {
            return Objects.requireNonNull(storage.contents().get(name)).clone();
        }

        void put(String name, byte[] bytes) {
            replaced.put(name, bytes);
        }

        Map<String, byte[]> files() {
            Map<String, byte[]> files = storage.contents();
            files.putAll(replaced);
            return files;
        }

        Example example(int id, int bytes) {
            Example example = example(Segment.name(id));
            if (example.original.length != bytes) {
                throw new IllegalStateException(
                        example.damaged + " has " + example.original.length + " bytes, wanted " + bytes);
            }
            return example;
        }

        Example example(String name) {
            Map<String, byte[]> files = files();
            return new Example(
                    files,
                    name,
                    Objects.requireNonNull(files.get(name)),
                    acknowledged,
                    spareBlocks,
                    new ArrayList<>(),
                    new ArrayList<>(),
                    List.of(),
                    Map.of());
        }

        Example adoption(Log from, List<Path> paths) {
            Map<Path, byte[]> outside = new HashMap<>();
            paths.forEach(path -> outside.put(path, Objects.requireNonNull(from.storage.outside(path))));
            return new Example(
                    files(),
                    paths.getFirst().toString(),
                    Objects.requireNonNull(outside.get(paths.getFirst())),
                    acknowledged,
                    spareBlocks,
                    new ArrayList<>(),
                    new ArrayList<>(),
                    paths,
                    outside);
        }
    }
}
