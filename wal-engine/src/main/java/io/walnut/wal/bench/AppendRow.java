package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writers that append to one log or, each, to its own.
 *
 * @param writers threads
 * @param virtual whether those are virtual
 * @param logs 1, or as many as writers
 * @param recordBytes payload of a record
 * @param batch records of an append
 * @param durable whether an append waits for the disk
 * @param paceNanos from the beginning of an append to that of the next; 0 for at once
 */
record AppendRow(
        String id,
        String workload,
        int writers,
        boolean virtual,
        int logs,
        int recordBytes,
        int batch,
        boolean durable,
        long paceNanos,
        Against against)
        implements Row {

    @Override
    public RowResult run(Bench bench) throws IOException {
        Reference to = bench.reference(against);
        var open = new ArrayList<Subject.Log>();
        try {
            for (int i = 0; i < logs; i++) {
                open.add(bench.openLog(durable));
            }
            Meters.Measured measured =
                    bench.meters().run(writers, virtual, paceNanos, writer -> operation(open, writer));
            return new RowResult(
                    id,
                    workload,
                    bench.subject().name(),
                    measured.perSecond() * batch,
                    measured.perSecond() * batch * recordBytes,
                    measured.latencies(),
                    measured.allocatedBytesPerOperation() / batch,
                    to);
        } finally {
            for (Subject.Log log : open) {
                log.close();
            }
            bench.dropLogs();
        }
    }

    private Meters.Operation operation(List<Subject.Log> open, int writer) {
        Subject.Log log = open.get(writer % logs);
        byte[] bytes = new byte[recordBytes];
        new SplittableRandom(writer).nextBytes(bytes);
        ByteBuffer record = ByteBuffer.allocateDirect(recordBytes).put(bytes).flip();
        return durable ? () -> log.append(record, batch) : () -> log.enqueue(record, batch);
    }
}
