package io.walnut.chaos.sim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.walnut.client.Walnut;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** The extension in test classes of its users, some of which fail. */
class WalnutExtensionTest {
    private static final List<SimCluster> SEEN = Collections.synchronizedList(new ArrayList<>());

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void forget() {
        SEEN.clear();
    }

    @AfterEach
    void clear() {
        System.clearProperty(WalnutExtension.SEED_PROPERTY);
    }

    private TestExecutionSummary run(Class<?> tests) {
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true, UTF_8));
        try {
            SummaryGeneratingListener listener = new SummaryGeneratingListener();
            LauncherFactory.create()
                    .execute(
                            LauncherDiscoveryRequestBuilder.request()
                                    .selectors(selectClass(tests))
                                    .build(),
                            listener);
            return listener.getSummary();
        } finally {
            System.setErr(before);
        }
    }

    private static void serves(SimCluster cluster) {
        Walnut walnut = cluster.client();
        assertThat(walnut.status(cluster.endpoint("n1")).leaderId()).isEqualTo("n1");
    }

    private static Throwable failure(TestExecutionSummary summary) {
        assertThat(summary.getFailures()).hasSize(1);
        return summary.getFailures().getFirst().getException();
    }

    @WalnutCluster(nodes = 1, seed = 5)
    static class OneFails {
        @Test
        void passes(SimCluster cluster) {
            SEEN.add(cluster);
            serves(cluster);
        }

        @Test
        void fails(SimCluster cluster) {
            SEEN.add(cluster);
            serves(cluster);
            throw new AssertionError("as it must");
        }
    }

    @Test
    void eachTestHasAClusterOfItsOwnAndAFailureTellsItsSeed() {
        TestExecutionSummary summary = run(OneFails.class);
        assertThat(failure(summary)).hasMessage("as it must");
        assertThat(SEEN).hasSize(2).doesNotHaveDuplicates();
        assertThat(err.toString(UTF_8))
                .containsOnlyOnce("walnut: ")
                .contains("fails(SimCluster) failed with the seed 5; the same one again: -Dwalnut.seed=5");
    }

    @WalnutCluster(nodes = 1)
    static class Shared {
        @BeforeAll
        static void first(SimCluster cluster) {
            SEEN.add(cluster);
        }

        @Test
        void one(SimCluster cluster) {
            SEEN.add(cluster);
            serves(cluster);
        }

        @Test
        void other(SimCluster cluster) {
            SEEN.add(cluster);
            serves(cluster);
        }
    }

    @Test
    void aClusterOfBeforeAllIsThatOfAllTestsAndItsSeedCanBeGiven() {
        System.setProperty(WalnutExtension.SEED_PROPERTY, "77");
        assertThat(run(Shared.class).getTestsSucceededCount()).isEqualTo(2);
        assertThat(SEEN).hasSize(3);
        assertThat(SEEN.stream().distinct())
                .singleElement()
                .satisfies(cluster -> assertThat(cluster.seed()).isEqualTo(77));
    }

    static class BadConfig {
        @WalnutCluster(nodes = 1, config = "raft.election-timeout")
        @Test
        void one(SimCluster cluster) {
            SEEN.add(cluster);
        }
    }

    @Test
    void aSettingThatIsNoneSaysWhatIsExpected() {
        assertThat(failure(run(BadConfig.class))).hasMessageContaining("expected key=value");

        System.setProperty(WalnutExtension.SEED_PROPERTY, "many");
        assertThat(failure(run(OneWithSeed.class))).hasMessageContaining("'many'; expected a number");
        assertThat(SEEN).isEmpty();
    }

    @WalnutCluster(nodes = 1)
    static class OneWithSeed {
        @Test
        void one(SimCluster cluster) {
            SEEN.add(cluster);
        }
    }
}
