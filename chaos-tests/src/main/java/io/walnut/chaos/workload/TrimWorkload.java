package io.walnut.chaos.workload;

import io.walnut.chaos.workload.AppendReadWorkload.Logs;
import java.util.Random;

/** As append-read, and now and then drops the oldest records; reads what is dropped, which must be refused with the true start. */
final class TrimWorkload implements Workload {
    private static final int READ = 10;
    private static final int LARGEST_SHARE = 10;

    @Override
    public String name() {
        return "trim";
    }

    @Override
    public String text() {
        return "as append-read, trims, and reads of what was trimmed";
    }

    @Override
    public Workload.Client client(Context context) {
        Random random = context.random();
        Logs logs = new Logs(context);
        return AppendReadWorkload.mix(context, logs).add(3, () -> {
            LogClient log = logs.any();
            // What is trimmed is no longer read in the end: most of it is left.
            long held = log.end() - log.start();
            log.trim(log.start() + Math.min(held, 1 + random.nextLong(held / LARGEST_SHARE + 1)));
            log.read(random.nextLong(log.start() + 1), READ);
        });
    }
}
