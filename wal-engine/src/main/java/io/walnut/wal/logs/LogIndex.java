package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.Alter;
import io.walnut.wal.logs.Command.Append;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Command.CommitCursor;
import io.walnut.wal.logs.Command.Create;
import io.walnut.wal.logs.Command.Delete;
import io.walnut.wal.logs.Command.Fence;
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
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All named logs: what is in them, and where in the WAL it is. One thread applies commands and saves images; any thread may look
 * things up meanwhile. Does no I/O of its own.
 */
public final class LogIndex {
    /** {@link #neededLsn} when no log holds a record. */
    public static final long NEEDS_NONE = LogState.NEEDS_NONE;

    private final LogsByName byName = new LogsByName();
    private final LogsById byId = new LogsById();
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
                case Alter(String name, long logId, LogSettings settings) ->
                    withLog(name, logId, log -> {
                        log.alter(settings);
                        return done(log);
                    });
                case Fence(String name, long logId, long epoch) -> withLog(name, logId, log -> fence(log, epoch));
                case CommitCursor commit ->
                    withLog(commit.name(), commit.logId(), log -> commit(log, commit.cursor(), commit.offset()));
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
            return rejected(Reason.LOG_EXISTS, "log '" + create.name() + "' exists", existing, 0);
        }
        LogState log = new LogState(nextLogId++, LogsByName.bytes(create.name()), advanceTime(create.timestampMs()));
        log.alter(create.settings());
        put(log);
        return done(log);
    }

    private void put(LogState log) {
        byId.put(log);
        byName.put(log);
    }

    private Result trim(LogState log, long beforeOffset) {
        if (beforeOffset < 0 || beforeOffset > log.info().endOffset()) {
            return beyondEnd("cannot trim log '" + log.name() + "' before offset " + beforeOffset, log);
        }
        log.trim(beforeOffset);
        needed.update(log);
        return done(log);
    }

    private Result delete(LogState log) {
        byName.remove(log);
        byId.remove(log);
        needed.remove(log);
        return done(log);
    }

    private static Result fence(LogState log, long epoch) {
        return log.fence(epoch)
                ? done(log)
                : rejected(
                        Reason.FENCED,
                        "log '" + log.name() + "' has a writer in epoch " + log.writerEpoch() + "; epoch " + epoch
                                + " comes too late",
                        log,
                        log.writerEpoch());
    }

    private static Result commit(LogState log, String cursor, long offset) {
        Optional<String> problem = LogName.problem(cursor);
        if (problem.isPresent()) {
            return rejected(Reason.INVALID_NAME, "cursor: " + problem.get());
        }
        if (offset < Command.NO_CURSOR || offset > log.info().endOffset()) {
            return beyondEnd("cannot set cursor '" + cursor + "' of log '" + log.name() + "' to " + offset, log);
        }
        return log.commitCursor(cursor, offset)
                ? done(log)
                : rejected(
                        Reason.TOO_MANY_CURSORS,
                        "log '" + log.name() + "' has " + LogState.MAX_CURSORS + " cursors, the most it may have",
                        log,
                        0);
    }

    private Result append(long lsn, Append append) {
        long timestampMs = advanceTime(append.timestampMs());
        if (append.allOrNone()) {
            Result refused = refuseAll(append.items());
            if (refused != null) {
                return refused;
            }
        }
        var outcomes = new ArrayList<AppendOutcome>(append.items().size());
        for (int slot = 0; slot < append.items().size(); slot++) {
            AppendItem item = append.items().get(slot);
            LogState log = byId.get(item.logId());
            if (log == null) {
                outcomes.add(noLog(item));
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

    /** The result when one of the items keeps all of them out, or null. What was appended before is not refused. */
    private @Nullable Result refuseAll(List<AppendItem> items) {
        var outcomes = new ArrayList<AppendOutcome>(items.size());
        var seen = new HashSet<Long>();
        boolean refused = false;
        for (AppendItem item : items) {
            if (!seen.add(item.logId())) {
                return rejected(Reason.MALFORMED, "append of all or none: log id " + item.logId() + " is there twice");
            }
            LogState log = byId.get(item.logId());
            AppendOutcome known = log == null ? noLog(item) : log.check(item);
            refused |= known instanceof NotAppended;
            outcomes.add(known != null || log == null ? known : log.abandoned());
        }
        return refused ? new Result.Appends(outcomes) : null;
    }

    private static NotAppended noLog(AppendItem item) {
        return new NotAppended(new Rejection(Reason.LOG_NOT_FOUND, "no log has the id " + item.logId(), 0, 0, 0));
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

    private static Result rejected(Reason reason, String message, LogState log, long expected) {
        LogInfo info = log.info();
        return new Result.Rejected(new Rejection(reason, message, info.startOffset(), info.endOffset(), expected));
    }

    private static Result beyondEnd(String what, LogState log) {
        return rejected(
                Reason.OFFSET_BEYOND_END, what + ": it ends at " + log.info().endOffset(), log, 0);
    }

    /** The log of that name, if there is one. */
    public Optional<LogInfo> describe(String name) {
        return Optional.ofNullable(byName.get(name)).map(LogState::info);
    }

    /** As {@link #describe}, with what takes a look at the log's batches. */
    public Optional<LogDetails> details(String name) {
        return Optional.ofNullable(byName.get(name)).map(LogState::details);
    }

    /** Logs whose names begin with {@code prefix} and stand strictly after {@code after}, by name, {@code limit} at most. */
    public List<LogInfo> list(String prefix, String after, int limit) {
        return byName.list(prefix, after, limit).stream().map(LogState::info).toList();
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

    /** Offset of the first record of that time or a later one, or the end of the log; empty when the log is gone. */
    public Optional<Long> offsetAt(long logId, long timestampMs) {
        return Optional.ofNullable(byId.get(logId)).map(log -> log.offsetAtTime(timestampMs));
    }

    /** Lowest LSN that any log needs to read its records, or {@link #NEEDS_NONE}: the WAL may drop what is below. */
    public long neededLsn() {
        return needed.lowest();
    }

    /**
     * What the settings of the logs ask for at that time: trims, and seals of logs that are idle. Looks at every log. Changes
     * nothing; the commands are to be applied by whoever asks, as any.
     */
    public List<Command> due(long nowMs) {
        var commands = new ArrayList<Command>();
        for (Iterator<LogState> logs = byId.inOrder(); logs.hasNext(); ) {
            LogState log = logs.next();
            LogInfo info = log.info();
            long before = log.dueOffset(nowMs);
            if (before > info.startOffset()) {
                commands.add(new Trim(info.name(), info.id(), before));
            }
            if (log.dueToBeSealed(nowMs)) {
                commands.add(new Seal(info.name(), info.id()));
            }
        }
        return commands;
    }

    /** Whether the settings of the log, as it is now, want it sealed at that time; false when it is gone. */
    public boolean isDueToBeSealed(long logId, long nowMs) {
        LogState log = byId.get(logId);
        return log != null && log.dueToBeSealed(nowMs);
    }

    /** Writes the state ({@link Image}). Must not run beside {@link #apply}. The stream is not closed. */
    public void save(OutputStream target) throws IOException {
        Image.write(target, nextLogId, lastTimestampMs, byId.inOrder(), byId.size());
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @throws NewerImageException when it is whole, and of a newer version
     * @throws MalformedException when it is not that, byte for byte
     */
    public static LogIndex load(InputStream source) throws IOException, MalformedException {
        LogIndex index = new LogIndex();
        Image.Header header = Image.read(source, log -> {
            if (index.byName.get(log.name()) != null) {
                throw new MalformedException("image: two logs have the name '" + log.name() + "'");
            }
            index.put(log);
            index.needed.update(log);
        });
        index.nextLogId = header.nextLogId();
        index.lastTimestampMs = header.lastTimestampMs();
        return index;
    }
}
