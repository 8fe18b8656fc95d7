package io.walnut.chaos.bugs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.byteman.rule.Rule;
import org.jboss.byteman.rule.helper.Helper;

/** What rules call. Byteman makes one for each time that a rule fires. */
public class BugHelper extends Helper {
    /** System property: the file that is there once a rule has fired. */
    static final String REACHED = "walnut.bug.reached";

    private static final AtomicBoolean HIT = new AtomicBoolean();
    private static final ConcurrentHashMap<String, AtomicLong> COUNTS = new ConcurrentHashMap<>();
    private static final long STARTED_MS = ProcessHandle.current()
            .info()
            .startInstant()
            .map(start -> start.toEpochMilli())
            .orElseThrow(() -> new IllegalStateException("this system does not tell when a process was started"));

    public BugHelper(Rule rule) {
        super(rule);
    }

    /** The bug did its work: every rule calls this when it does. */
    public void hit() {
        if (HIT.compareAndSet(false, true)) {
            try {
                Files.writeString(
                        Path.of(System.getProperty(REACHED)),
                        ProcessHandle.current().pid() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException("that the bug was reached cannot be written down", e);
            }
        }
    }

    /** True each n-th time. */
    public boolean every(int n) {
        return COUNTS.computeIfAbsent(rule.getName(), name -> new AtomicLong()).incrementAndGet() % n == 0;
    }

    /** True once in n times, by chance, which is different in each process. */
    public boolean once(int n) {
        return ThreadLocalRandom.current().nextInt(n) == 0;
    }

    /** When this process was started, in milliseconds since 1970. */
    public long startedMs() {
        return STARTED_MS;
    }

    public CompletableFuture<Object> done(Object value) {
        return CompletableFuture.completedFuture(value);
    }
}
