package io.walnut.chaos.bugs;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.TagFilter.excludeTags;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The tests of a class, as a trial: says in a file which failed first, and ends with it. */
final class SuiteTrial implements TestExecutionListener {
    private final Path result;
    private final AtomicLong passed = new AtomicLong();

    private SuiteTrial(Path result) {
        this.result = result;
    }

    public static void main(String[] args) throws IOException {
        SuiteTrial trial = new SuiteTrial(Path.of(args[0]));
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(args[1]))
                                .filters(excludeTags("slow"))
                                .build(),
                        trial);
        if (trial.passed.get() == 0) {
            throw new IllegalStateException("no test of " + args[1] + " has run");
        }
        Trial.write(trial.result, List.of(), trial.passed + " tests passed");
        System.exit(0);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult outcome) {
        if (outcome.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
            passed.addAndGet(test.isTest() ? 1 : 0);
        } else if (outcome.getStatus() == TestExecutionResult.Status.FAILED) {
            try {
                String why = outcome.getThrowable().map(Throwable::toString).orElse("");
                outcome.getThrowable().ifPresent(failure -> failure.printStackTrace(System.out));
                Trial.write(result, List.of(Trial.TEST_FAILED), test.getDisplayName() + ": " + why);
            } catch (IOException e) {
                throw new UncheckedIOException("the result cannot be written", e);
            }
            System.out.flush();
            Runtime.getRuntime().halt(0); // what the others would say is not asked
        }
    }
}
