package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.server.DivisionInfo;
import org.junit.jupiter.api.Test;

class StandingTest {
    /** What a division says, by how often it was asked. */
    private record Said(RaftPeerRole role, long term) {}

    @Test
    void aLeaderThatIsDeposedBetweenTwoQuestionsDoesNotLeadTheNextTerm() {
        Standing standing = Standing.of(division(
                question -> question == 0 ? new Said(RaftPeerRole.LEADER, 5) : new Said(RaftPeerRole.FOLLOWER, 6)));
        assertThat(standing).isEqualTo(new Standing(6, RaftStatus.Role.FOLLOWER));
        standing = Standing.of(division(
                question -> question <= 1 ? new Said(RaftPeerRole.LEADER, 5) : new Said(RaftPeerRole.FOLLOWER, 6)));
        assertThat(standing).isEqualTo(new Standing(6, RaftStatus.Role.FOLLOWER));
    }

    @Test
    void whoLeadsLeads() {
        assertThat(Standing.of(division(question -> new Said(RaftPeerRole.LEADER, 5))))
                .isEqualTo(new Standing(5, RaftStatus.Role.LEADER));
    }

    @Test
    void whereTermsNeverStandStillNobodyIsTakenForALeader() {
        assertThat(Standing.of(division(question -> new Said(RaftPeerRole.LEADER, question)))
                        .role())
                .isEqualTo(RaftStatus.Role.CANDIDATE);
    }

    private static DivisionInfo division(IntFunction<Said> says) {
        AtomicInteger questions = new AtomicInteger();
        return (DivisionInfo) Proxy.newProxyInstance(
                DivisionInfo.class.getClassLoader(),
                new Class<?>[] {DivisionInfo.class},
                (proxy, method, arguments) -> {
                    Said said = says.apply(questions.getAndIncrement());
                    return switch (method.getName()) {
                        case "getCurrentRole" -> said.role();
                        case "getCurrentTerm" -> said.term();
                        default -> throw new AssertionError(method);
                    };
                });
    }
}
