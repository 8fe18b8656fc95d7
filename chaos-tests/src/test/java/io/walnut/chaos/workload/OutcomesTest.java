package io.walnut.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walnut.chaos.history.Outcome;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.node.local.FreePorts;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** That the client knows itself what it may say is held by its own tests, for each code and each phase of a call. */
class OutcomesTest {
    @Test
    void whatCertainlyHasNoEffectHasFailed() throws Exception {
        int port = FreePorts.onLoopback(1).getFirst();
        try (Walnut walnut = Walnut.builder()
                .endpoints("127.0.0.1:" + port)
                .deadline(Duration.ofMillis(300))
                .build()) {
            Throwable refused = catchThrowable(() -> walnut.append("log", Record.of(new byte[1])));
            assertThat(Outcomes.of(refused)).isEqualTo(Outcome.FAIL);
            assertThat(Outcomes.text(refused)).startsWith("UNAVAILABLE: ");
            Throwable invalid = catchThrowable(() -> walnut.append("log"));
            assertThat(Outcomes.of(invalid)).isEqualTo(Outcome.FAIL);
            assertThat(Outcomes.text(invalid)).startsWith("INVALID_ARGUMENT: ");
        }
    }

    @Test
    void whatNobodyKnowsIsNotTakenForAFailure() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Walnut walnut = Walnut.connect("127.0.0.1:" + silent.getLocalPort());
            walnut.close();
            Throwable closed = catchThrowable(() -> walnut.append("log", Record.of(new byte[1])));
            assertThat(closed).isInstanceOf(IllegalStateException.class);
            assertThat(Outcomes.of(closed)).isEqualTo(Outcome.INFO);
        }
        assertThat(Outcomes.of(new AssertionError("a defect"))).isEqualTo(Outcome.INFO);
    }
}
