package io.walnut.wal.metrics;

import com.codahale.metrics.Reservoir;
import com.codahale.metrics.Snapshot;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.Recorder;

/**
 * Every value of the last half minute at least, a minute at most; no sample of them, so that the rare slow one is not missed.
 * Values count to within one per cent. To record one takes no lock.
 */
final class RecentValues implements Reservoir {
    private static final long HIGHEST = TimeUnit.HOURS.toNanos(1);
    private static final int DIGITS = 2;
    private static final long HALF_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Recorder recorder = new Recorder(HIGHEST, DIGITS);
    private final LongSupplier nanoClock;
    // Guarded by this.
    private Histogram interval = new Histogram(HIGHEST, DIGITS);
    private Histogram current = new Histogram(HIGHEST, DIGITS);
    private Histogram previous = new Histogram(HIGHEST, DIGITS);
    private long currentSince;

    RecentValues(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.currentSince = nanoClock.getAsLong();
        interval = recorder.getIntervalHistogram(); // only such a one can be used again
    }

    @Override
    public void update(long value) {
        recorder.recordValue(Math.clamp(value, 0, HIGHEST));
    }

    @Override
    public int size() {
        return (int) Math.min(Integer.MAX_VALUE, recent().getTotalCount());
    }

    @Override
    public Snapshot getSnapshot() {
        return new Values(recent());
    }

    private synchronized Histogram recent() {
        interval = recorder.getIntervalHistogram(interval);
        long now = nanoClock.getAsLong();
        if (now - currentSince >= HALF_NANOS) {
            Histogram oldest = previous;
            previous = current;
            current = oldest;
            current.reset();
            if (now - currentSince >= 2 * HALF_NANOS) {
                previous.reset(); // nobody has looked for long
            }
            currentSince = now;
        }
        current.add(interval);
        Histogram both = previous.copy();
        both.add(current);
        return both;
    }

    private static final class Values extends Snapshot {
        private final Histogram histogram;

        Values(Histogram histogram) {
            this.histogram = histogram;
        }

        @Override
        public double getValue(double quantile) {
            return histogram.getValueAtPercentile(quantile * 100);
        }

        /** One for each value that differs; they may be many times that. */
        @Override
        public long[] getValues() {
            var values = new long[0];
            int count = 0;
            for (HistogramIterationValue value : histogram.recordedValues()) {
                if (count == values.length) {
                    values = Arrays.copyOf(values, Math.max(16, count * 2));
                }
                values[count++] = value.getValueIteratedTo();
            }
            return Arrays.copyOf(values, count);
        }

        @Override
        public int size() {
            return (int) Math.min(Integer.MAX_VALUE, histogram.getTotalCount());
        }

        @Override
        public long getMax() {
            return histogram.getMaxValue();
        }

        @Override
        public double getMean() {
            return histogram.getMean();
        }

        @Override
        public long getMin() {
            return histogram.getTotalCount() == 0 ? 0 : histogram.getMinValue();
        }

        @Override
        public double getStdDev() {
            return histogram.getStdDeviation();
        }

        @Override
        public void dump(OutputStream output) {
            var out = new PrintWriter(output, false, StandardCharsets.UTF_8);
            for (HistogramIterationValue value : histogram.recordedValues()) {
                out.printf("%d %d%n", value.getValueIteratedTo(), value.getCountAtValueIteratedTo());
            }
            out.flush();
        }
    }
}
