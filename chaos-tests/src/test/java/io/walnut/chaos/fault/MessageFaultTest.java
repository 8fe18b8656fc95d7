package io.walnut.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Network;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageFaultTest {
    /** Remembers the troubles of each cause. */
    private static final class Links implements Cluster, Network {
        private final Map<String, Map<Link, Trouble>> troubles = new LinkedHashMap<>();
        private final boolean canBeLate;

        Links(boolean canBeLate) {
            this.canBeLate = canBeLate;
        }

        @Override
        public String kind() {
            return "links";
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
        public boolean can(Class<? extends Trouble> trouble) {
            return trouble == Trouble.Duplicate.class || canBeLate;
        }

        @Override
        public void set(Map<Link, Trouble> links) {
            throw new UnsupportedOperationException("a fault has a name");
        }

        @Override
        public void set(String cause, Map<Link, Trouble> links) {
            troubles.put(cause, links);
        }

        @Override
        public void start(Node node) {}

        @Override
        public void awaitReady(Duration timeout) {}

        @Override
        public void close() {}
    }

    private static List<String> possible(Cluster cluster) {
        return MessageFault.all().stream()
                .filter(fault -> fault.possible(cluster))
                .map(Fault::name)
                .toList();
    }

    @Test
    void onlyWhatTheNetworkCanIsPossible() {
        assertThat(possible(new Links(false))).containsExactly("duplicate-some", "duplicate-all");
        assertThat(possible(new Links(true))).hasSize(8).contains("delay-leader", "delay-long", "corrupt-some");
    }

    @Test
    void allLinksBetweenNodesAreHitAndWhatOthersDidStaysWhenItIsHealed() throws Exception {
        Links links = new Links(true);
        Fault late = Faults.named(List.of("delay-far")).getFirst();
        Fault twice = Faults.named(List.of("duplicate-all")).getFirst();
        assertThat(late.begin(links, new Random(1))).hasSize(6).contains("n1->n3", "n3->n1");
        assertThat(twice.begin(links, new Random(1))).hasSize(6);
        late.heal(links);

        assertThat(links.troubles.get("delay-far")).isEmpty();
        assertThat(links.troubles.get("duplicate-all"))
                .hasSize(6)
                .containsEntry(new Network.Link("n2", "n3"), new Network.Trouble.Duplicate(1));
    }
}
