package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.logs.Result.Rejection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the logs should do, written the plain way: lists that only grow, looked through from the front. Refusals have no words. */
final class NaiveLogs {
    private static final int WINDOW = 32;

    private static final class Log {
        final long id;
        final String name;
        final long createdMs;
        final List<BatchLocation> batches = new ArrayList<>();
        final Map<Long, Writer> writers = new HashMap<>();
        long start;
        long end;
        long lastAppendMs;
        boolean sealed;
        LogSettings settings = LogSettings.KEEP_ALL;
        long writerEpoch;
        final Map<String, Long> cursors = new HashMap<>();

        Log(long id, String name, long createdMs) {
            this.id = id;
            this.name = name;
            this.createdMs = createdMs;
        }

        LogInfo info() {
            return new LogInfo(id, name, start, end, sealed, createdMs, lastAppendMs);
        }

        Log copy() {
            Log copy = new Log(id, name, createdMs);
            copy.batches.addAll(batches);
            writers.forEach((producer, writer) -> copy.writers.put(producer, writer.copy()));
            copy.start = start;
            copy.end = end;
            copy.lastAppendMs = lastAppendMs;
            copy.sealed = sealed;
            copy.settings = settings;
            copy.writerEpoch = writerEpoch;
            copy.cursors.putAll(cursors);
            return copy;
        }

        LogDetails details() {
            return new LogDetails(
                    info(),
                    settings,
                    from(start).stream().mapToLong(BatchLocation::bytes).sum(),
                    writerEpoch,
                    cursors);
        }

        List<BatchLocation> from(long offset) {
            return batches.stream()
                    .filter(batch -> batch.endOffset() > Math.max(offset, start))
                    .toList();
        }
    }

    private static final class Writer {
        int epoch;
        final List<Long> sequences = new ArrayList<>();
        final List<BatchLocation> batches = new ArrayList<>();

        Writer copy() {
            Writer copy = new Writer();
            copy.epoch = epoch;
            copy.sequences.addAll(sequences);
            copy.batches.addAll(batches);
            return copy;
        }

        long next() {
            return sequences.isEmpty()
                    ? 0
                    : sequences.getLast() + batches.getLast().count();
        }
    }

    private final List<Log> logs = new ArrayList<>();
    private long lastId;
    private long timeMs;

    Result apply(long lsn, Command command) {
        return switch (command) {
            case Command.Create(long timestampMs, String name, LogSettings settings) ->
                create(timestampMs, name, settings);
            case Command.Seal(String name, long id) -> change(name, id, log -> log.sealed = true);
            case Command.Delete(String name, long id) -> change(name, id, logs::remove);
            case Command.Trim(String name, long id, long before) -> trim(name, id, before);
            case Command.Alter(String name, long id, LogSettings settings) ->
                change(name, id, log -> log.settings = settings);
            case Command.Fence(String name, long id, long epoch) -> fence(name, id, epoch);
            case Command.CommitCursor(String name, long id, String cursor, long offset) ->
                commit(name, id, cursor, offset);
            case Command.Append(long timestampMs, List<AppendItem> items, boolean allOrNone) -> {
                timeMs = Math.max(timeMs, timestampMs);
                if (allOrNone && refuses(lsn, items)) {
                    yield refused(lsn, items);
                }
                List<AppendOutcome> outcomes = new ArrayList<>();
                for (int slot = 0; slot < items.size(); slot++) {
                    outcomes.add(append(lsn, slot, items.get(slot)));
                }
                yield new Result.Appends(outcomes);
            }
        };
    }

    /** Tries each item on logs that are then put back as they were. */
    private boolean refuses(long lsn, List<AppendItem> items) {
        return items.stream().map(AppendItem::logId).distinct().count() < items.size()
                || items.stream().anyMatch(item -> attempt(lsn, item) instanceof NotAppended);
    }

    private Result refused(long lsn, List<AppendItem> items) {
        if (items.stream().map(AppendItem::logId).distinct().count() < items.size()) {
            return new Result.Rejected(new Rejection(Reason.MALFORMED, "", 0, 0, 0));
        }
        return new Result.Appends(items.stream()
                .<AppendOutcome>map(item -> switch (attempt(lsn, item)) {
                    case NotAppended refusal -> refusal;
                    case Appended known when known.duplicate() -> known;
                    case Appended _ -> {
                        Log log = Objects.requireNonNull(byId(item.logId()));
                        yield new NotAppended(new Rejection(Reason.ABORTED, "", log.start, log.end, 0));
                    }
                })
                .toList());
    }

    private AppendOutcome attempt(long lsn, AppendItem item) {
        Log log = byId(item.logId());
        Log copy = log == null ? null : log.copy();
        AppendOutcome outcome = append(lsn, 0, item);
        if (log != null) {
            logs.set(logs.indexOf(log), copy);
        }
        return outcome;
    }

    private Result fence(String name, long id, long epoch) {
        for (Log log : logs) {
            if (log.name.equals(name) && (id == 0 || id == log.id) && epoch < log.writerEpoch) {
                return new Result.Rejected(new Rejection(Reason.FENCED, "", log.start, log.end, log.writerEpoch));
            }
        }
        return change(name, id, log -> log.writerEpoch = epoch);
    }

    private Result commit(String name, long id, String cursor, long offset) {
        for (Log log : logs) {
            if (log.name.equals(name) && (id == 0 || id == log.id)) {
                if (offset < -1 || offset > log.end) {
                    return new Result.Rejected(new Rejection(Reason.OFFSET_BEYOND_END, "", log.start, log.end, 0));
                }
            }
        }
        return change(name, id, log -> {
            if (offset == -1) {
                log.cursors.remove(cursor);
            } else {
                log.cursors.put(cursor, offset);
            }
        });
    }

    private Result create(long timestampMs, String name, LogSettings settings) {
        for (Log log : logs) {
            if (log.name.equals(name)) {
                return new Result.Rejected(new Rejection(Reason.LOG_EXISTS, "", log.start, log.end, 0));
            }
        }
        timeMs = Math.max(timeMs, timestampMs);
        Log log = new Log(++lastId, name, timeMs);
        log.settings = settings;
        logs.add(log);
        return new Result.Done(log.info());
    }

    private interface Change {
        void to(Log log);
    }

    private Result change(String name, long id, Change change) {
        if (name.contains("..")) {
            return new Result.Rejected(new Rejection(Reason.INVALID_NAME, "", 0, 0, 0));
        }
        for (Log log : logs) {
            if (log.name.equals(name) && (id == 0 || id == log.id)) {
                change.to(log);
                return new Result.Done(log.info());
            }
        }
        return new Result.Rejected(new Rejection(Reason.LOG_NOT_FOUND, "", 0, 0, 0));
    }

    private Result trim(String name, long id, long before) {
        for (Log log : logs) {
            boolean meant = log.name.equals(name) && (id == 0 || id == log.id);
            if (meant && (before < 0 || before > log.end)) {
                return new Result.Rejected(new Rejection(Reason.OFFSET_BEYOND_END, "", log.start, log.end, 0));
            }
        }
        return change(name, id, log -> log.start = Math.max(log.start, before));
    }

    private AppendOutcome append(long lsn, int slot, AppendItem item) {
        Log log = byId(item.logId());
        if (log == null) {
            return new NotAppended(new Rejection(Reason.LOG_NOT_FOUND, "", 0, 0, 0));
        }
        Writer writer = log.writers.get(item.producerId());
        if (item.producerId() != 0) {
            if (writer != null && Integer.compareUnsigned(item.producerEpoch(), writer.epoch) < 0) {
                return new NotAppended(
                        new Rejection(Reason.FENCED, "", log.start, log.end, Integer.toUnsignedLong(writer.epoch)));
            }
            long expected = 0;
            if (writer != null && item.producerEpoch() == writer.epoch) {
                expected = writer.next();
                for (int i = Math.max(0, writer.sequences.size() - WINDOW); i < writer.sequences.size(); i++) {
                    BatchLocation batch = writer.batches.get(i);
                    if (writer.sequences.get(i) == item.sequence() && batch.count() == item.count()) {
                        return new Appended(batch.baseOffset(), batch.endOffset(), batch.timestampMs(), true);
                    }
                }
            }
            if (item.sequence() != expected && !log.sealed) {
                return new NotAppended(new Rejection(Reason.OUT_OF_SEQUENCE, "", log.start, log.end, expected));
            }
        }
        if (log.sealed) {
            return new NotAppended(new Rejection(Reason.LOG_SEALED, "", log.start, log.end, 0));
        }
        if (item.writerEpoch() < log.writerEpoch) {
            return new NotAppended(new Rejection(Reason.FENCED, "", log.start, log.end, log.writerEpoch));
        }
        if (item.expectedOffset() != -1 && item.expectedOffset() != log.end) {
            return new NotAppended(new Rejection(Reason.OFFSET_MISMATCH, "", log.start, log.end, log.end));
        }
        log.writerEpoch = item.writerEpoch();
        BatchLocation batch = new BatchLocation(
                lsn, slot, log.end, item.count(), timeMs, item.bytes().remaining());
        log.batches.add(batch);
        log.end = batch.endOffset();
        log.lastAppendMs = timeMs;
        if (item.producerId() != 0) {
            if (writer == null || Integer.compareUnsigned(item.producerEpoch(), writer.epoch) > 0) {
                writer = new Writer();
                writer.epoch = item.producerEpoch();
                log.writers.put(item.producerId(), writer);
            }
            writer.sequences.add(item.sequence());
            writer.batches.add(batch);
        }
        return new Appended(batch.baseOffset(), batch.endOffset(), timeMs, false);
    }

    private @Nullable Log byId(long id) {
        return logs.stream().filter(log -> log.id == id).findFirst().orElse(null);
    }

    List<BatchLocation> locate(long id, long offset, int limit) {
        Log log = byId(id);
        return log == null ? List.of() : log.from(offset).stream().limit(limit).toList();
    }

    List<LogInfo> list(String prefix, String after, int limit) {
        return logs.stream()
                .filter(log -> log.name.startsWith(prefix) && log.name.compareTo(after) > 0)
                .sorted(Comparator.comparing((Log log) -> log.name))
                .limit(limit)
                .map(Log::info)
                .toList();
    }

    @Nullable
    LogDetails details(String name) {
        return logs.stream()
                .filter(log -> log.name.equals(name))
                .map(Log::details)
                .findFirst()
                .orElse(null);
    }

    long offsetAt(long id, long timestampMs) {
        Log log = Objects.requireNonNull(byId(id));
        return log.from(log.start).stream()
                .filter(batch -> batch.timestampMs() >= timestampMs)
                .mapToLong(batch -> Math.max(log.start, batch.baseOffset()))
                .findFirst()
                .orElse(log.end);
    }

    /** By looking at each batch: from the oldest on they go while the log is too long, too large or too old. */
    List<Command> due(long nowMs) {
        List<Command> due = new ArrayList<>();
        for (Log log : logs) {
            long start = log.start;
            if (log.settings.maxRecords() > 0) {
                start = Math.max(start, log.end - log.settings.maxRecords());
            }
            List<BatchLocation> batches = log.from(log.start);
            for (int i = 0; i < batches.size(); i++) {
                long bytes = batches.subList(i, batches.size()).stream()
                        .mapToLong(BatchLocation::bytes)
                        .sum();
                boolean tooLarge =
                        log.settings.maxBytes() > 0 && bytes > log.settings.maxBytes() && i < batches.size() - 1;
                boolean tooOld =
                        log.settings.maxAgeMs() > 0 && batches.get(i).timestampMs() < nowMs - log.settings.maxAgeMs();
                if (tooLarge || tooOld) {
                    start = Math.max(start, batches.get(i).endOffset());
                }
            }
            if (start > log.start) {
                due.add(new Command.Trim(log.name, log.id, start));
            }
            long idle = log.settings.idleSealMs();
            if (!log.sealed && idle > 0 && nowMs >= Math.max(log.createdMs, log.lastAppendMs) + idle) {
                due.add(new Command.Seal(log.name, log.id));
            }
        }
        return due;
    }

    long timeMs() {
        return timeMs;
    }

    long neededLsn() {
        return logs.stream()
                .flatMap(log -> log.from(log.start).stream())
                .mapToLong(BatchLocation::lsn)
                .min()
                .orElse(LogIndex.NEEDS_NONE);
    }

    long lastId() {
        return lastId;
    }

    long longest() {
        return logs.stream().mapToLong(log -> log.end).max().orElse(0);
    }

    long endOffset(String name) {
        return logs.stream()
                .filter(log -> log.name.equals(name))
                .mapToLong(log -> log.end)
                .findFirst()
                .orElse(0);
    }

    /** 0 when there is no log of that name. */
    long id(String name) {
        return logs.stream()
                .filter(log -> log.name.equals(name))
                .mapToLong(log -> log.id)
                .findFirst()
                .orElse(0);
    }

    int epoch(long logId, long producerId) {
        Log log = byId(logId);
        Writer writer = log == null ? null : log.writers.get(producerId);
        return writer == null ? 0 : writer.epoch;
    }

    long nextSequence(long logId, long producerId) {
        Log log = byId(logId);
        Writer writer = log == null ? null : log.writers.get(producerId);
        return writer == null ? 0 : writer.next();
    }
}
