package io.walnut.wal.bench;

import io.walnut.wal.bench.RowResult.Reference;
import io.walnut.wal.bench.RowResult.Round;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Writers that append to one log or, each, to its own; every log that is to be measured in turn.
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
    private static final int SEVERAL_LOGS = 4;

    @Override
    public void run(Bench bench, Report report) {
        List<Contestant> contest = bench.plan().subjects().stream()
                .filter(subject -> subject.supports(durable))
                .map(subject -> new Contestant(bench, subject))
                .toList();
        try {
            contest.forEach(contestant -> contestant.attempt(contestant::open));
            for (int i = 0; i < Bench.ROUNDS && contest.stream().anyMatch(Contestant::goesOn); i++) {
                Reference to = bench.reference(against);
                contest.forEach(contestant -> contestant.attempt(() -> contestant.round(to)));
            }
            contest.forEach(contestant -> contestant.report(report));
        } finally {
            contest.forEach(Contestant::close);
        }
    }

    /** One kind of log in this row. The first thing of it that fails is reported, and the others go on without it. */
    private final class Contestant {
        private final Bench bench;
        private final Subject subject;
        private final List<Subject.Log> open = new ArrayList<>();
        private final List<Round> rounds = new ArrayList<>();
        private final Trial trial;
        private boolean failed;

        Contestant(Bench bench, Subject subject) {
            this.bench = bench;
            this.subject = subject;
            this.trial = new Trial(writers, virtual, paceNanos, bench.stopped(), this::operation);
        }

        private Trial.Operation operation(int thread) throws IOException {
            byte[] bytes = new byte[recordBytes];
            new SplittableRandom(thread).nextBytes(bytes);
            ByteBuffer record =
                    ByteBuffer.allocateDirect(recordBytes).put(bytes).flip();
            Subject.Writer writer = open.get(thread % logs).writer(record, batch);
            return durable ? writer::append : writer::enqueue;
        }

        boolean goesOn() {
            return !failed && !bench.isStopped();
        }

        void attempt(Trial.Operation step) {
            if (!goesOn()) {
                return;
            }
            try {
                step.run();
            } catch (IOException | RuntimeException e) {
                failed = true;
                bench.failed(AppendRow.this, subject.name(), e);
            }
        }

        /** Opens the logs and warms up: until the files of trimmed segments are used again, which with several takes longer. */
        void open() throws IOException {
            for (int i = 0; i < logs; i++) {
                open.add(subject.open(bench.newLogDirectory(), durable, writers / logs));
            }
            trial.round(bench.warmUpNanos() * (logs > 1 ? SEVERAL_LOGS : 1), 0);
        }

        void round(@Nullable Reference to) throws IOException {
            double perSecond = trial.round(bench.leadInNanos(), bench.roundNanos());
            if (!Double.isNaN(perSecond)) {
                rounds.add(new Round(perSecond * batch, to));
            }
        }

        void report(Report report) {
            if (trial.hasMeasured() && !failed) {
                report.measured(RowResult.of(
                        AppendRow.this, subject.name(), trial.measured(), batch, (double) batch * recordBytes, rounds));
            }
        }

        void close() {
            for (Subject.Log log : open) {
                try {
                    log.close();
                } catch (IOException | RuntimeException e) {
                    if (!failed) {
                        bench.failed(AppendRow.this, subject.name(), e);
                    }
                }
            }
        }
    }
}
