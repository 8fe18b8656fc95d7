package io.walnut.chaos.workload;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.client.Walnut;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The processes of a workload, running. */
public final class Clients implements AutoCloseable {
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("workload-", 0).factory());
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Future<?>> running = new ArrayList<>();

    /**
     * What they do.
     *
     * @param processes how many
     * @param pace of all of them
     */
    public record Settings(
            Workload workload, int processes, List<String> logs, List<Cluster.Node> nodes, Pace pace, long seed) {
        public Settings {
            logs = List.copyOf(logs);
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * Begins.
     *
     * @param clients makes one for each process
     */
    public Clients(Settings settings, Supplier<Walnut> clients, Recorder recorder) {
        for (int process = 0; process < settings.processes(); process++) {
            int number = process;
            running.add(threads.submit(() -> {
                try (Walnut walnut = clients.get()) {
                    run(settings, number, walnut, recorder);
                }
                return null;
            }));
        }
    }

    private void run(Settings settings, int number, Walnut walnut, Recorder recorder) throws InterruptedException {
        Random random = new Random(settings.seed() * 31 + number);
        try (Workload.Client client = settings.workload()
                .client(new Workload.Context(number, walnut, settings.logs(), settings.nodes(), recorder, random))) {
            Pace.Beat beat = settings.pace().beat(number, settings.processes(), recorder.now());
            while (!stop.await(beat.next(recorder.now()), TimeUnit.NANOSECONDS)) {
                client.step();
            }
        }
    }

    /** Lets each process end its call; throws what one of them did not expect. */
    public void stop() throws Exception {
        stop.countDown();
        for (Future<?> process : running) {
            process.get();
        }
    }

    @Override
    public void close() {
        stop.countDown();
        threads.shutdownNow();
    }
}
