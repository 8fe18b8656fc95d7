package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.http.Health;
import io.walnut.node.raft.RaftStatus;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeHealthTest {
    private static Health follower(long applied, Map<String, Long> commits) {
        return Node.health(
                new RaftStatus(
                        "n1",
                        RaftStatus.Role.FOLLOWER,
                        3,
                        "n3",
                        0,
                        applied,
                        applied,
                        applied,
                        applied,
                        -1,
                        Map.of(),
                        commits,
                        true),
                false,
                false);
    }

    @Test
    void aMemberWithoutAnythingIsNotReadyBeforeTheLeaderHasToldHowMuchThereIs() {
        assertThat(follower(0, Map.of("n1", 0L)).ready()).isFalse();
        assertThat(follower(0, Map.of("n1", 0L)).reason()).contains("has not told yet");
        assertThat(follower(0, Map.of("n1", 0L, "n3", 12_135L)).reason()).contains("12135 committed entries");
    }

    @Test
    void aMemberThatHasAppliedNearlyAllIsReady() {
        assertThat(follower(12_000, Map.of("n1", 12_000L, "n3", 12_135L)).ready())
                .isTrue();
    }
}
