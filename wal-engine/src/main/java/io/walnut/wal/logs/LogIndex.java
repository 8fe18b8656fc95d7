package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.Append;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Command.Create;
import io.walnut.wal.logs.Command.Delete;
import io.walnut.wal.logs.Command.Seal;
import io.walnut.wal.logs.Command.Trim;
import io.walnut.wal.logs.Result.AppendOutcome;
import io.walnut.wal.logs.Result.Appended;
import io.walnut.wal.logs.Result.NotAppended;
import io.walnut.wal.logs.Result.Reason;
import io.walnut.wal.logs.Result.Rejection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;

/**
 * All named logs: what is in them, and where in the WAL it is. One thread applies commands and saves images; any thread may look
 * things up meanwhile. Does no I/O of its own.
 */
public final class LogIndex {
    /** {@link #neededLsn} when no log holds a record. */
    public static final long NEEDS_NONE = LogState.NEEDS_NONE;

    private final ConcurrentSkipListMap<String, LogState> byName = new ConcurrentSkipListMap<>();
    private final Map<Long, LogState> byId = new ConcurrentHashMap<>();
    private final NeededLsns needed = new NeededLsns();
    private long nextLogId = 1; // written by the applying thread alone
    private long lastTimestampMs; // written by the applying thread alone

    /**
     * Applies the command that stands at {@code lsn}. Deterministic, and never fails: what is wrong with a command is in its
     * result.
     */
    public Result apply(long lsn, ByteBuffer command) {
        try {
            return switch (Command.decode(command)) {
                case Create create -> create(create);
                case Seal(String name, long logId) ->
                    withLog(name, logId, log -> {
                        log.seal();
                        return done(log);
                    });
                case Trim(String name, long logId, long beforeOffset) ->
                    withLog(name, logId, log -> trim(log, beforeOffset));
                case Delete(String name, long logId) -> withLog(name, logId, this::delete);
                case Append append -> append(lsn, append);
            };
        } catch (MalformedException e) {
            return rejected(Reason.MALFORMED, String.valueOf(e.getMessage()));
        }
    }

    private Result create(Create create) {
        Optional<String> problem = LogName.problem(create.name());
        if (problem.isPresent()) {
            return rejected(Reason.INVALID_NAME, problem.get());
        }
        LogState existing = byName.get(create.name());
        if (existing != null) {
            return new Result.Rejected(rejection(Reason.LOG_EXISTS, "log '" + create.name() + "' exists", existing));
        }
        LogState log = new LogState(nextLogId++, create.name(), advanceTime(create.timestampMs()));
        put(log);
        return done(log);
    }

    private void put(LogState log) {
        byId.put(log.id, log);
        byName.put(log.name, log);
    }

    private Result trim(LogState log, long beforeOffset) {
        LogInfo info = log.info();
        if (beforeOffset < 0 || beforeOffset > info.endOffset()) {
            return new Result.Rejected(rejection(
                    Reason.OFFSET_BEYOND_END,
                    "cannot trim log '" + log.name + "' before offset " + beforeOffset + ": it ends at "
                            + info.endOffset(),
                    log));
        }
        log.trim(beforeOffset);
        needed.update(log);
        return done(log);
    }

    private Result delete(LogState log) {
        byName.remove(log.name);
        byId.remove(log.id);
        needed.remove(log);
        return done(log);
    }

    private Result append(long lsn, Append append) {
        long timestampMs = advanceTime(append.timestampMs());
        var outcomes = new ArrayList<AppendOutcome>(append.items().size());
        for (int slot = 0; slot < append.items().size(); slot++) {
            AppendItem item = append.items().get(slot);
            LogState log = byId.get(item.logId());
            if (log == null) {
                outcomes.add(new NotAppended(
                        new Rejection(Reason.LOG_NOT_FOUND, "no log has the id " + item.logId(), 0, 0, 0)));
                continue;
            }
            AppendOutcome outcome = log.append(lsn, slot, item, timestampMs);
            if (outcome instanceof Appended && log.neededLsn == NEEDS_NONE) {
                needed.update(log);
            }
            outcomes.add(outcome);
        }
        return new Result.Appends(outcomes);
    }

    private long advanceTime(long timestampMs) {
        lastTimestampMs = Math.max(lastTimestampMs, timestampMs);
        return lastTimestampMs;
    }

    private Result withLog(String name, long logId, Function<LogState, Result> change) {
        Optional<String> problem = LogName.problem(name); // a name that passes is short enough for a message
        if (problem.isPresent()) {
            return rejected(Reason.INVALID_NAME, problem.get());
        }
        LogState log = byName.get(name);
        if (log == null) {
            return rejected(Reason.LOG_NOT_FOUND, "no log has the name '" + name + "'");
        }
        if (logId != Command.ANY_LOG && logId != log.id) {
            return rejected(
                    Reason.LOG_NOT_FOUND,
                    "log '" + name + "' with the id " + logId + " is gone; the one of that name now has the id "
                            + log.id);
        }
        return change.apply(log);
    }

    private static Result done(LogState log) {
        return new Result.Done(log.info());
    }

    private static Result rejected(Reason reason, String message) {
        return new Result.Rejected(new Rejection(reason, message, 0, 0, 0));
    }

    private static Rejection rejection(Reason reason, String message, LogState log) {
        LogInfo info = log.info();
        return new Rejection(reason, message, info.startOffset(), info.endOffset(), 0);
    }

    /** The log of that name, if there is one. */
    public Optional<LogInfo> describe(String name) {
        return Optional.ofNullable(byName.get(name)).map(LogState::info);
    }

    /** Logs whose names begin with {@code prefix} and stand strictly after {@code after}, by name, {@code limit} at most. */
    public List<LogInfo> list(String prefix, String after, int limit) {
        boolean fromPrefix = prefix.compareTo(after) > 0;
        return byName.tailMap(fromPrefix ? prefix : after, fromPrefix).values().stream()
                .takeWhile(log -> log.name.startsWith(prefix))
                .limit(limit)
                .map(LogState::info)
                .toList();
    }

    /** Number of logs. */
    public int size() {
        return byId.size();
    }

    /**
     * The batch that holds {@code offset} and those after it; the first one begins at or below {@code offset}. Empty when the
     * log is gone or ends there. An offset that was trimmed is answered from the start of the log.
     */
    public List<BatchLocation> locate(long logId, long offset, int limit) {
        LogState log = byId.get(logId);
        return log == null ? List.of() : log.locate(offset, limit);
    }

    /** Lowest LSN that any log needs to read its records, or {@link #NEEDS_NONE}: the WAL may drop what is below. */
    public long neededLsn() {
        return needed.lowest();
    }

    /** Writes the state ({@link Image}). Must not run beside {@link #apply}. The stream is not closed. */
    public void save(OutputStream target) throws IOException {
        Image.write(
                target,
                nextLogId,
                lastTimestampMs,
                byId.values().stream()
                        .sorted(Comparator.comparingLong(log -> log.id))
                        .iterator(),
                byId.size());
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @throws MalformedException when it is not that, byte for byte
     */
    public static LogIndex load(InputStream source) throws IOException, MalformedException {
        LogIndex index = new LogIndex();
        Image.Header header = Image.read(source, log -> {
            index.put(log);
            index.needed.update(log);
        });
        index.nextLogId = header.nextLogId();
        index.lastTimestampMs = header.lastTimestampMs();
        return index;
    }
}
