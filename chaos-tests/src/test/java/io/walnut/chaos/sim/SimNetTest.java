package io.walnut.chaos.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SimNetTest {
    private static final Link THERE = new Link("n1", "n2");
    private static final Link BACK = new Link("n2", "n1");
    private static final List<Duration> AT_ONCE = List.of(Duration.ZERO);

    private static List<List<Duration>> fates(SimNet net, Link link, int messages) {
        List<List<Duration>> fates = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            fates.add(net.next(link));
        }
        return fates;
    }

    @Test
    void withoutTroubleEachMessageArrivesOnceAndAtOnce() {
        assertThat(fates(new SimNet(1), THERE, 100)).containsOnly(AT_ONCE);
    }

    @Test
    void aCutPassesNothingInItsDirectionAndAllInTheOther() {
        SimNet net = new SimNet(1);
        net.set("cut", Map.of(THERE, new Trouble.Cut()));
        assertThat(fates(net, THERE, 100)).containsOnly(List.of());
        assertThat(fates(net, BACK, 100)).containsOnly(AT_ONCE);

        net.set("cut", Map.of());
        assertThat(fates(net, THERE, 100)).containsOnly(AT_ONCE);
    }

    @Test
    void delaysAreInTheirRangeAndLetMessagesOvertake() {
        SimNet net = new SimNet(1);
        net.set("delay", Map.of(THERE, new Trouble.Delay(Duration.ofMillis(100), Duration.ofMillis(50))));
        List<Duration> delays =
                fates(net, THERE, 1000).stream().map(List::getFirst).toList();
        assertThat(delays).allMatch(delay -> delay.toMillis() >= 100 && delay.toMillis() < 150);
        assertThat(delays.stream().mapToLong(Duration::toMillis).distinct()).hasSizeGreaterThan(40);
    }

    @Test
    void sharesAreKept() {
        SimNet net = new SimNet(1);
        net.set("loss", Map.of(THERE, new Trouble.Loss(0.3)));
        assertThat(fates(net, THERE, 10_000).stream().filter(List::isEmpty)).hasSizeBetween(2_800, 3_200);
        net.set("loss", Map.of());
        net.set("twice", Map.of(THERE, new Trouble.Duplicate(0.3)));
        assertThat(fates(net, THERE, 10_000).stream().filter(copies -> copies.size() == 2))
                .hasSizeBetween(2_800, 3_200);
    }

    @Test
    void troublesOfSeveralCausesAddUp() {
        SimNet net = new SimNet(1);
        net.set("twice", Map.of(THERE, new Trouble.Duplicate(1)));
        net.set("delay", Map.of(THERE, new Trouble.Delay(Duration.ofMillis(10), Duration.ofMillis(10))));
        assertThat(fates(net, THERE, 100)).allSatisfy(copies -> {
            assertThat(copies).hasSize(2).doesNotContain(Duration.ZERO);
            assertThat(copies.getFirst()).isNotEqualTo(copies.getLast());
        });
        net.set("cut", Map.of(THERE, new Trouble.Cut()));
        assertThat(fates(net, THERE, 10)).containsOnly(List.of());
        net.heal();
        assertThat(fates(net, THERE, 10)).containsOnly(AT_ONCE);
    }

    @Test
    void aSeedRepeatsWhateverElseIsSent() {
        Map<Link, Trouble> troubles =
                Map.of(THERE, new Trouble.Loss(0.5), BACK, new Trouble.Delay(Duration.ZERO, Duration.ofSeconds(1)));
        SimNet first = new SimNet(7);
        SimNet again = new SimNet(7);
        SimNet other = new SimNet(8);
        List.of(first, again, other).forEach(net -> net.set("", troubles));
        List<List<Duration>> lossesOfFirst = fates(first, THERE, 100);
        List<List<Duration>> delaysOfFirst = fates(first, BACK, 100);
        List<List<Duration>> delaysOfAgain = fates(again, BACK, 100);

        assertThat(delaysOfAgain).isEqualTo(delaysOfFirst);
        assertThat(fates(again, THERE, 100)).isEqualTo(lossesOfFirst);
        assertThat(fates(other, THERE, 100)).isNotEqualTo(lossesOfFirst);
        assertThat(fates(other, BACK, 100)).isNotEqualTo(delaysOfFirst);
    }

    @Test
    void aTroubleThatMessagesCannotHaveIsRefused() {
        assertThatThrownBy(() -> new SimNet(1).set("", Map.of(THERE, new Trouble.Bandwidth(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Bandwidth")
                .hasMessageContaining("n1");
        assertThatThrownBy(() -> new Trouble.Loss(1.1)).hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> new Trouble.Duplicate(Double.NaN)).hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> new Trouble.Delay(Duration.ofMillis(-1), Duration.ZERO))
                .hasMessageContaining("below zero");
    }
}
