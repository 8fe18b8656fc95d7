package io.walnut.wal.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that are let run until none can go on: each is at rest, waits for another one, or is held, until somebody lets it go.
 * Used by one thread.
 */
final class HeldThreads {
    private static final long DEADLINE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long STILL_NANOS = 300_000; // who was woken may look asleep for a moment

    /** What a thread does. */
    interface Task {
        void run() throws Exception;
    }

    private static final class Worker implements Runnable {
        final SynchronousQueue<Task> next = new SynchronousQueue<>();
        final HeldThreads owner;
        final Thread thread;
        volatile boolean busy;
        volatile boolean begun;
        volatile long heldSince; // 0: not held
        volatile boolean mayGo;
        volatile @Nullable IOException failure;

        Worker(HeldThreads owner, int number) {
            this.owner = owner;
            this.thread = Thread.ofPlatform().daemon().name("held-" + number).unstarted(this);
        }

        @Override
        public void run() {
            while (true) {
                try {
                    Task task = next.take();
                    begun = true;
                    task.run();
                } catch (InterruptedException e) {
                    return;
                } catch (Throwable e) {
                    owner.failure = e;
                }
                busy = false;
            }
        }

        /** Neither runs nor is about to: waits for another thread, but not only for a lock. */
        boolean standsStill() {
            if (!busy || heldSince != 0) {
                return true;
            }
            if (!begun || thread.getState() != Thread.State.WAITING) {
                return false;
            }
            Object blocker = LockSupport.getBlocker(thread);
            return blocker != null && !(blocker instanceof AbstractQueuedSynchronizer);
        }
    }

    private final List<Worker> workers = new ArrayList<>();
    private volatile @Nullable Throwable failure;
    private long holds; // guarded by this

    HeldThreads(int count) {
        for (int i = 0; i < count; i++) {
            Worker worker = new Worker(this, i);
            workers.add(worker);
            worker.thread.start();
        }
    }

    @Nullable
    Throwable failure() {
        return failure;
    }

    /** Threads that have nothing to do. */
    int free() {
        return (int) workers.stream().filter(worker -> !worker.busy).count();
    }

    /** Threads that are held. */
    int held() {
        return (int) workers.stream().filter(worker -> worker.heldSince != 0).count();
    }

    /** Gives a free thread something to do. */
    void start(Task task) throws InterruptedException {
        Worker free =
                workers.stream().filter(worker -> !worker.busy).findFirst().orElseThrow();
        free.begun = false;
        free.busy = true;
        free.next.put(task);
    }

    /** Called by what a thread does: holds it. Any other thread passes. */
    void hold() throws IOException {
        Thread current = Thread.currentThread();
        for (Worker worker : workers) {
            if (worker.thread.equals(current)) {
                worker.mayGo = false;
                synchronized (this) {
                    worker.heldSince = ++holds;
                }
                while (!worker.mayGo) {
                    LockSupport.park(this);
                }
                IOException planted = worker.failure;
                worker.failure = null;
                if (planted != null) {
                    throw planted;
                }
            }
        }
    }

    /** Lets one of those that are held go, when there is one. */
    void letAnyGo(Random random) {
        int held = held();
        if (held > 0) {
            letGo(random.nextInt(held), null);
        }
        settle();
    }

    /** Lets one that is held go, counted from the one that is held longest; with an error when one is given. */
    void letGo(int ordinal, @Nullable IOException planted) {
        Worker worker = workers.stream()
                .filter(each -> each.heldSince != 0)
                .sorted(Comparator.comparingLong(each -> each.heldSince))
                .skip(ordinal)
                .findFirst()
                .orElseThrow();
        worker.failure = planted;
        worker.heldSince = 0;
        worker.mayGo = true;
        LockSupport.unpark(worker.thread);
    }

    /** Waits until no thread can go on. */
    void settle() {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        long moved = System.nanoTime();
        for (long now = moved; now - moved < STILL_NANOS; now = System.nanoTime()) {
            if (!workers.stream().allMatch(Worker::standsStill)) {
                moved = now;
            }
            if (now > deadline) {
                throw stuck("never at rest");
            }
            Thread.onSpinWait();
        }
        Throwable failed = failure;
        if (failed != null) {
            throw new AssertionError("a thread failed", failed);
        }
    }

    /** Lets them go, one after the other, until something has come about. */
    void letGoUntil(String what, Random random, BooleanSupplier reached) {
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw stuck("waited in vain until " + what);
            }
            letAnyGo(random);
        }
    }

    boolean allFree() {
        return free() == workers.size();
    }

    private AssertionError stuck(String what) {
        var text = new StringBuilder(what);
        for (Worker worker : workers) {
            if (worker.busy) {
                text.append('\n').append(worker.thread).append(" held ").append(worker.heldSince);
                for (StackTraceElement element : worker.thread.getStackTrace()) {
                    text.append("\n    ").append(element);
                }
            }
        }
        return new AssertionError(text.toString());
    }

    void end() {
        workers.forEach(worker -> worker.thread.interrupt());
    }
}
