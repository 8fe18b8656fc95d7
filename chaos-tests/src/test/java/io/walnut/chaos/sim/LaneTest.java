package io.walnut.chaos.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.Await;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static final Link LINK = new Link("n1", "n2");
    private static final int MESSAGES = 50;
    private static final List<Integer> SENT =
            IntStream.range(0, MESSAGES).boxed().toList();
    private static final int END = -1;
    private static final int LOSS = -2;

    private final SimNet net = new SimNet(3);
    private final Later later = new Later();
    private final List<Integer> arrived = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        later.close();
    }

    private Lane lane(boolean inOrder) {
        return new Lane(net, later, inOrder, () -> arrived.add(LOSS));
    }

    private Lane sendAll(boolean inOrder) {
        Lane lane = lane(inOrder);
        SENT.forEach(i -> lane.send(LINK, () -> arrived.add(i)));
        return lane;
    }

    @Test
    void withoutTroubleAMessageIsThereWhenItIsSent() {
        Lane lane = sendAll(false);
        lane.end(LINK, () -> arrived.add(END));
        assertThat(arrived)
                .startsWith(SENT.toArray(Integer[]::new))
                .endsWith(END)
                .hasSize(MESSAGES + 1);
    }

    @Test
    void lateMessagesOvertakeEachOtherAndTheEndWaitsForThem() throws Exception {
        net.set("", Map.of(LINK, new Trouble.Delay(Duration.ZERO, Duration.ofMillis(300))));
        Lane lane = sendAll(false);
        lane.end(null, () -> arrived.add(END));
        Await.until("the end", () -> arrived.contains(END));
        assertThat(arrived.getLast()).isEqualTo(END);
        assertThat(arrived.subList(0, MESSAGES))
                .containsExactlyInAnyOrderElementsOf(SENT)
                .isNotEqualTo(SENT);
    }

    @Test
    void whereOrderMattersNothingOvertakesAndNothingIsDoubled() throws Exception {
        net.set("late", Map.of(LINK, new Trouble.Delay(Duration.ZERO, Duration.ofMillis(100))));
        net.set("twice", Map.of(LINK, new Trouble.Duplicate(1)));
        Lane lane = sendAll(true);
        lane.end(null, () -> arrived.add(END));
        Await.until("the end", () -> arrived.contains(END));
        assertThat(arrived.subList(0, MESSAGES)).isEqualTo(SENT);
        assertThat(arrived).hasSize(MESSAGES + 1);
    }

    @Test
    void aLostMessageIsToldAndNothingElseIsMissing() {
        Lane lane = sendAll(false);
        net.set("", Map.of(LINK, new Trouble.Cut()));
        assertThat(lane.send(LINK, () -> arrived.add(MESSAGES))).isFalse();
        net.heal();
        assertThat(arrived).hasSize(MESSAGES + 1).endsWith(LOSS);
        assertThat(lane.send(LINK, () -> arrived.add(MESSAGES + 1))).isTrue();
        assertThat(arrived).endsWith(MESSAGES + 1);
    }

    @Test
    void aLaneThatIsShutTakesNothingAndLetsWhatIsUnderWayArrive() throws Exception {
        net.set("", Map.of(LINK, new Trouble.Delay(Duration.ofMillis(50), Duration.ZERO)));
        Lane lane = sendAll(false);
        lane.shut();
        assertThat(lane.send(LINK, () -> arrived.add(MESSAGES))).isFalse();
        lane.end(LINK, () -> arrived.add(END));
        Await.until("the others", () -> arrived.size() >= MESSAGES);
        assertThat(arrived).containsExactlyInAnyOrderElementsOf(SENT);
    }

    @Test
    void aDoubledMessageArrivesTwice() {
        net.set("", Map.of(LINK, new Trouble.Duplicate(1)));
        sendAll(false);
        assertThat(arrived).hasSize(2 * MESSAGES);
        assertThat(SENT).allMatch(i -> Collections.frequency(arrived, i) == 2);
    }

    @Test
    void anEndThatIsLostIsToldAsWell() {
        net.set("", Map.of(LINK, new Trouble.Cut()));
        lane(false).end(LINK, () -> arrived.add(END));
        assertThat(arrived).containsExactly(LOSS);
    }
}
