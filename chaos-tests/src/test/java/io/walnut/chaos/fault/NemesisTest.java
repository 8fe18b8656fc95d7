package io.walnut.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Processes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class NemesisTest {
    /** Those that need nothing but processes, and ask for no leader. */
    private static final List<Fault> FAULTS = Faults.named(
            List.of("kill-one", "kill-majority", "pause-one", "pause-all", "terminate-one", "terminate-all"));

    /** Writes down what is done to it. */
    private static final class Patient implements Cluster, Processes {
        private final List<String> done = new ArrayList<>();

        @Override
        public String kind() {
            return "patient";
        }

        @Override
        public List<Node> nodes() {
            return List.of(new Node("n1", "a:1"), new Node("n2", "b:1"), new Node("n3", "c:1"));
        }

        @Override
        public <A> Optional<A> ability(Class<A> ability) {
            return ability.isInstance(this) ? Optional.of(ability.cast(this)) : Optional.empty();
        }

        @Override
        public void start(Node node) {
            done.add("start " + node.id());
        }

        @Override
        public OptionalLong pid(Node node) {
            return OptionalLong.empty();
        }

        @Override
        public void kill(Node node) {
            done.add("kill " + node.id());
        }

        @Override
        public void pause(Node node) {
            done.add("pause " + node.id());
        }

        @Override
        public void resume(Node node) {
            done.add("resume " + node.id());
        }

        @Override
        public void stop(Node node) {
            done.add("stop " + node.id());
        }

        @Override
        public void awaitReady(Duration timeout) {}

        @Override
        public void close() {}
    }

    @Test
    void whatIsDoneFollowsFromTheSeed() throws Exception {
        Patient first = new Patient();
        Patient again = new Patient();
        Patient other = new Patient();
        periods(first, 5);
        periods(again, 5);
        periods(other, 6);

        assertThat(first.done).isNotEmpty().isEqualTo(again.done).isNotEqualTo(other.done);
    }

    @Test
    void everyFaultIsHealedInItsPeriod() throws Exception {
        Patient patient = new Patient();
        List<Nemesis.Injected> injected = periods(patient, 7);
        assertThat(injected).isNotEmpty().allSatisfy(fault -> {
            assertThat(fault.hit()).isNotEmpty();
            assertThat(fault.healed()).isGreaterThan(fault.begun());
        });
        assertThat(patient.done.getLast()).isEqualTo("start n3");
    }

    @Test
    void aFaultThatThereIsNotIsNamedWithThoseThatThereAre() {
        assertThat(Faults.named(List.of("kill-all", "pause-leader"))).hasSize(2);
        assertThatThrownBy(() -> Faults.named(List.of("earthquake")))
                .hasMessageContaining("no fault 'earthquake'")
                .hasMessageContaining("kill-leader");
    }

    @Test
    void noFaultComesAgainBeforeEachHasCome() throws Exception {
        List<String> names =
                periods(new Patient(), 8).stream().map(Nemesis.Injected::fault).toList();
        // Within a period they are told in the order of their healing, which is the other way round.
        assertThat(names.subList(0, FAULTS.size() + 2))
                .containsAll(FAULTS.stream().map(Fault::name).toList());
    }

    private static List<Nemesis.Injected> periods(Cluster cluster, long seed) throws Exception {
        long[] time = new long[1];
        Nemesis nemesis = new Nemesis(cluster, FAULTS, seed, Duration.ofMillis(3), () -> time[0]++);
        for (int i = 0; i < 20; i++) {
            nemesis.period();
        }
        return nemesis.injected();
    }
}
