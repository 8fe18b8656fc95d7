package io.walnut.wal.lincheck;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuarantee;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.util.LoggingLevel;

/**
 * How long to look, and at what. Each test has scenarios of its own, kept small: the model checker goes from few switches between
 * threads to many, and ends after so many orders. {@code -Dwalnut.lincheck=N}: N scenarios at random beside them.
 */
final class Interleavings {
    private static final int AT_RANDOM = Integer.getInteger("walnut.lincheck", 0);
    private static final int RUNS = 400;

    /** Of one order, before it counts as hung. A machine with much else to do has taken twenty. */
    private static final long PATIENCE_MS = 120_000;

    /** Where a thread touches only what is its own, or what a lock of the storage in memory guards for the length of a call. */
    private static final List<String> ALONE = List.of(
            "io.walnut.wal.format.",
            "io.walnut.wal.io.",
            "io.walnut.wal.recovery.",
            "io.walnut.wal.segment.Mappings",
            "io.walnut.wal.Batch",
            "io.walnut.wal.Recovery",
            "io.walnut.wal.SealedSegments",
            "io.walnut.wal.TailFile",
            "io.walnut.wal.TailScan",
            "io.walnut.wal.WalOptions",
            "io.walnut.wal.lincheck.Disk",
            "org.slf4j.",
            "ch.qos.logback.");

    private Interleavings() {}

    /** One thread runs at a time. */
    static ModelCheckingOptions oneByOne(ExecutionScenario... scenarios) {
        return with(new ModelCheckingOptions(), scenarios).addGuarantee(alone());
    }

    /** All threads run at once, as the processor has it. */
    static StressOptions atOnce(ExecutionScenario... scenarios) {
        return with(new StressOptions(), scenarios);
    }

    private static <O extends Options<O, ?>> O with(O options, ExecutionScenario... scenarios) {
        for (ExecutionScenario scenario : scenarios) {
            options.addCustomScenario(scenario);
        }
        return options.iterations(AT_RANDOM)
                .invocationsPerIteration(RUNS)
                .threads(3)
                .actorsBefore(2)
                .actorsPerThread(2)
                .actorsAfter(1)
                .logLevel(LoggingLevel.ERROR)
                .invocationTimeout$lincheck(PATIENCE_MS); // meant for its own tests, and the only way
    }

    /** Calls as {@code "append 1, read 0"}: those of one thread first, then those of each thread. */
    static ExecutionScenario scenario(Class<?> subject, String before, String... threads) {
        return new ExecutionScenario(
                calls(subject, before),
                Stream.of(threads).map(thread -> calls(subject, thread)).toList(),
                List.of(),
                null);
    }

    private static List<Actor> calls(Class<?> subject, String text) {
        return Stream.of(text.split(", ", -1))
                .filter(call -> !call.isEmpty())
                .map(call -> {
                    List<String> words = List.of(call.split(" ", -1));
                    List<Integer> arguments =
                            words.stream().skip(1).map(Integer::valueOf).toList();
                    return new Actor(method(subject, words.getFirst()), arguments);
                })
                .toList();
    }

    private static Method method(Class<?> subject, String name) {
        return Stream.of(subject.getMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static ManagedStrategyGuarantee alone() {
        Map<String, Boolean> known = new ConcurrentHashMap<>(); // it is asked at every call
        return ManagedStrategyGuaranteeKt.forClasses((String name) ->
                        known.computeIfAbsent(name, asked -> ALONE.stream().anyMatch(asked::startsWith)))
                .allMethods()
                .ignore();
    }
}
