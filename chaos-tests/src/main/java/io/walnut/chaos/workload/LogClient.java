package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.client.Appended;
import io.walnut.client.LogInfo;
import io.walnut.client.LogReader;
import io.walnut.client.ReadOptions;
import io.walnut.client.Record;
import io.walnut.client.StoredRecord;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import java.util.ArrayList;
import java.util.List;

/** One process of a workload: calls one log, one call at a time, and records each. Not thread-safe. */
public final class LogClient {
    private final int process;
    private final Walnut walnut;
    private final String log;
    private final Recorder recorder;
    private long sequence;

    public LogClient(int process, Walnut walnut, String log, Recorder recorder) {
        this.process = process;
        this.walnut = walnut;
        this.log = log;
        this.recorder = recorder;
    }

    /** Appends a batch of records of so many bytes each. */
    public void append(int count, int bytes) {
        long firstId = Ids.of(process, sequence);
        sequence += count;
        Record[] records = new Record[count];
        for (int i = 0; i < count; i++) {
            records[i] = Record.of(Payload.of(firstId + i, bytes));
        }
        long invoked = recorder.now();
        try {
            Appended appended = walnut.append(log, records);
            recorder.add(new Operation.Append(ok(invoked), firstId, count, appended.firstOffset()));
        } catch (WalnutException | IllegalStateException e) {
            recorder.add(new Operation.Append(failed(invoked, e), firstId, count, Operation.UNKNOWN));
        }
    }

    /** Looks where the log ends; returns that, or {@link Operation#UNKNOWN}. */
    public long describe() {
        long invoked = recorder.now();
        try {
            LogInfo info = walnut.describe(log);
            recorder.add(
                    new Operation.Describe(ok(invoked), Mode.LINEARIZABLE, "", info.startOffset(), info.endOffset()));
            return info.endOffset();
        } catch (WalnutException | IllegalStateException e) {
            recorder.add(new Operation.Describe(
                    failed(invoked, e), Mode.LINEARIZABLE, "", Operation.UNKNOWN, Operation.UNKNOWN));
            return Operation.UNKNOWN;
        }
    }

    /** Reads from an offset on, at most so many records. */
    public void read(long from, int max) {
        read(ReadOptions.from(from).max(max), Mode.LINEARIZABLE, "");
    }

    /** What one node has. */
    public void read(long from, int max, Cluster.Node node) {
        read(ReadOptions.from(from).max(max).at(node.endpoint()), Mode.COMMITTED, node.id());
    }

    private void read(ReadOptions options, Mode mode, String node) {
        List<Run> runs = new ArrayList<>();
        long invoked = recorder.now();
        try (LogReader reader = walnut.read(log, options)) {
            for (StoredRecord record = reader.next(); record != null; record = reader.next()) {
                add(runs, record);
            }
            recorder.add(new Operation.Read(
                    ok(invoked), mode, node, options.from(), runs, Operation.UNKNOWN, Operation.UNKNOWN));
        } catch (WalnutException.OffsetTrimmed e) {
            recorder.add(new Operation.Read(
                    failed(invoked, e), mode, node, options.from(), runs, e.startOffset(), Operation.UNKNOWN));
        } catch (WalnutException.OffsetBeyondEnd e) {
            recorder.add(new Operation.Read(
                    failed(invoked, e), mode, node, options.from(), runs, Operation.UNKNOWN, e.endOffset()));
        } catch (WalnutException | IllegalStateException e) {
            recorder.add(new Operation.Read(
                    failed(invoked, e), mode, node, options.from(), runs, Operation.UNKNOWN, Operation.UNKNOWN));
        }
    }

    static void add(List<Run> runs, StoredRecord record) {
        long id = Payload.id(record.value());
        Run last = runs.isEmpty() ? null : runs.getLast();
        if (last != null
                && id != Ids.ALTERED
                && last.firstId() != Ids.ALTERED
                && last.endOffset() == record.offset()
                && last.firstId() + last.count() == id) {
            runs.set(runs.size() - 1, new Run(last.offset(), last.firstId(), last.count() + 1));
        } else {
            runs.add(new Run(record.offset(), id, 1));
        }
    }

    private Call ok(long invoked) {
        return Call.ok(process, log, invoked, recorder.now());
    }

    private Call failed(long invoked, Throwable error) {
        return new Call(process, log, invoked, recorder.now(), Outcomes.of(error), Outcomes.text(error));
    }
}
