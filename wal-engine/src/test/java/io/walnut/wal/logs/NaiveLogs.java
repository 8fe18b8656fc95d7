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

        Log(long id, String name, long createdMs) {
            this.id = id;
            this.name = name;
            this.createdMs = createdMs;
        }

        LogInfo info() {
            return new LogInfo(id, name, start, end, sealed, createdMs, lastAppendMs);
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
            case Command.Create(long timestampMs, String name) -> create(timestampMs, name);
            case Command.Seal(String name, long id) -> change(name, id, log -> log.sealed = true);
            case Command.Delete(String name, long id) -> change(name, id, logs::remove);
            case Command.Trim(String name, long id, long before) -> trim(name, id, before);
            case Command.Append(long timestampMs, List<AppendItem> items) -> {
                timeMs = Math.max(timeMs, timestampMs);
                List<AppendOutcome> outcomes = new ArrayList<>();
                for (int slot = 0; slot < items.size(); slot++) {
                    outcomes.add(append(lsn, slot, items.get(slot)));
                }
                yield new Result.Appends(outcomes);
            }
        };
    }

    private Result create(long timestampMs, String name) {
        for (Log log : logs) {
            if (log.name.equals(name)) {
                return new Result.Rejected(new Rejection(Reason.LOG_EXISTS, "", log.start, log.end, 0));
            }
        }
        timeMs = Math.max(timeMs, timestampMs);
        Log log = new Log(++lastId, name, timeMs);
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
        BatchLocation batch = new BatchLocation(lsn, slot, log.end, item.count(), timeMs);
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
