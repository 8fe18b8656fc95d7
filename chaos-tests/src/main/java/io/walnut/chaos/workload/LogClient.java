package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.client.LogInfo;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.util.List;

/** One process of a workload: calls one log, one call at a time, and records each. Not thread-safe. */
final class LogClient {
    private static final long UNKNOWN = Operation.UNKNOWN;

    private final Walnut walnut;
    private final String log;
    private final Caller caller;
    private final Batches batches;
    private long start;
    private long end;

    LogClient(Workload.Context context, String log) {
        this.walnut = context.walnut();
        this.log = log;
        this.caller = Caller.of(context.recorder(), log);
        this.batches = new Batches(caller.process(), context.random());
    }

    /** Where the log begins, as far as this process knows. */
    long start() {
        return start;
    }

    /** Where the log ends, as far as this process knows. */
    long end() {
        return end;
    }

    /** Appends a batch; returns what was written down. */
    Append append() {
        Batches.Batch batch = batches.next();
        long invoked = caller.now();
        Append append;
        try {
            long offset = walnut.append(log, batch.array()).firstOffset();
            end = Math.max(end, offset + batch.count());
            append = new Append(caller.ok(invoked), batch.firstId(), batch.count(), offset);
        } catch (WalnutException | IllegalStateException e) {
            append = new Append(caller.failed(invoked, e), batch.firstId(), batch.count(), UNKNOWN);
        }
        caller.add(append);
        return append;
    }

    /** Looks where the log begins and ends. */
    void describe() {
        describe(walnut);
    }

    /** The same by another client, which may know other nodes. */
    void describe(Walnut by) {
        long invoked = caller.now();
        try {
            LogInfo info = by.describe(log);
            known(info.startOffset(), info.endOffset());
            caller.add(new Describe(caller.ok(invoked), Mode.LINEARIZABLE, "", info.startOffset(), info.endOffset()));
        } catch (WalnutException | IllegalStateException e) {
            caller.add(new Describe(caller.failed(invoked, e), Mode.LINEARIZABLE, "", UNKNOWN, UNKNOWN));
        }
    }

    /** Drops every record below the offset. */
    void trim(long before) {
        long invoked = caller.now();
        try {
            LogInfo info = walnut.trim(log, before);
            known(info.startOffset(), info.endOffset());
            caller.add(new Trim(caller.ok(invoked), before, info.startOffset()));
        } catch (WalnutException | IllegalStateException e) {
            caller.add(new Trim(caller.failed(invoked, e), before, UNKNOWN));
        }
    }

    /** Reads from an offset on, at most so many records. */
    void read(long from, int max) {
        read(from, max, walnut);
    }

    /** The same by another client, which may know other nodes. */
    void read(long from, int max, Walnut by) {
        read(by, ReadOptions.from(from).max(max), Mode.LINEARIZABLE, "");
    }

    /** What one node has. */
    void read(long from, int max, Cluster.Node node) {
        read(walnut, ReadOptions.from(from).max(max).at(node.endpoint()), Mode.COMMITTED, node.id());
    }

    private void read(Walnut by, ReadOptions options, Mode mode, String node) {
        Runs runs = new Runs();
        long from = options.from();
        long invoked = caller.now();
        try (LogReader reader = by.read(log, options)) {
            for (StoredRecord record = reader.next(); record != null; record = reader.next()) {
                runs.add(record);
                from = record.offset() + 1;
            }
            // A read that brings fewer than were asked for has come to the end of the log.
            long end = from - options.from() < options.maxRecords() ? from : UNKNOWN;
            caller.add(new Read(caller.ok(invoked), mode, node, options.from(), runs.list(), UNKNOWN, end));
        } catch (WalnutException | IllegalStateException e) {
            if (!runs.isEmpty()) {
                // It went on at another node, which refused the rest: two answers, each of its own moment.
                caller.add(new Read(caller.ok(invoked), mode, node, options.from(), runs.list(), UNKNOWN, UNKNOWN));
            }
            caller.add(refused(caller.failed(invoked, e), e, mode, node, from));
        }
    }

    /** A read that was refused, with the bounds that it was told. */
    static Read refused(Call call, Throwable error, Mode mode, String node, long from) {
        long start = error instanceof WalnutException.OffsetTrimmed trimmed ? trimmed.startOffset() : UNKNOWN;
        long end = error instanceof WalnutException.OffsetBeyondEnd beyond ? beyond.endOffset() : UNKNOWN;
        return new Read(call, mode, node, from, List.of(), start, end);
    }

    private void known(long toldStart, long toldEnd) {
        start = Math.max(start, toldStart);
        end = Math.max(end, toldEnd);
    }
}
