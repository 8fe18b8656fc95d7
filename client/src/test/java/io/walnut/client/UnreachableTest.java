package io.walnut.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is said when no node can serve. */
class UnreachableTest {
    private static Walnut client(String endpoints) {
        return Walnut.builder()
                .endpoints(endpoints)
                .deadline(Duration.ofSeconds(1))
                .build();
    }

    @Test
    void aRefusedConnectionIsSaidOfEachNode() {
        try (Walnut walnut = client("127.0.0.1:1,127.0.0.2:1")) {
            assertThatThrownBy(() -> walnut.describe("log"))
                    .isInstanceOf(WalnutException.Unavailable.class)
                    .hasMessageStartingWith("describe log: no leader within 1 s: ")
                    .hasMessageContainingAll("127.0.0.1:1 refused the connection", "127.0.0.2:1 refused the connection")
                    .hasMessageEndingWith("A cluster needs a majority of its nodes");
            assertThatThrownBy(() -> walnut.read("log", 0).next())
                    .hasMessageContainingAll("no leader within 1 s", "127.0.0.1:1 refused the connection");
            assertThatThrownBy(() -> walnut.append("log", Record.of(new byte[1])))
                    .hasMessageContainingAll("no leader within 1 s", "127.0.0.1:1 refused the connection");
        }
    }

    @Test
    void aNodeThatKnowsNoLeaderIsSaidToKnowNone() {
        try (FakeCluster cluster = new FakeCluster(2);
                Walnut walnut = cluster.client().deadline(Duration.ofSeconds(1)).build()) {
            cluster.leader("");
            cluster.kill("n2:7420");
            assertThatThrownBy(() -> walnut.createLog("log"))
                    .isInstanceOf(WalnutException.Unavailable.class)
                    .hasMessageContaining("create log: no leader within 1 s: n1:7420 knows no leader; n2:7420");
        }
    }

    @Test
    void aPortThatSpeaksHttpIsNoPortForClients() throws IOException {
        try (ServerSocket http = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> answerBadRequest(http), "http");
            server.setDaemon(true);
            server.start();
            String endpoint = "127.0.0.1:" + http.getLocalPort();
            try (Walnut walnut = client(endpoint)) {
                assertThatThrownBy(() -> walnut.describe("log"))
                        .isInstanceOf(WalnutException.InvalidRequest.class)
                        .hasMessage(endpoint + " is not a port for clients (7420 unless set)");
                assertThatThrownBy(() -> walnut.read("log", 0).next())
                        .isInstanceOf(WalnutException.InvalidRequest.class)
                        .hasMessage(endpoint + " is not a port for clients (7420 unless set)");
            }
        }
    }

    private static void answerBadRequest(ServerSocket http) {
        while (!http.isClosed()) {
            try (Socket connection = http.accept()) {
                connection.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
                connection.getOutputStream().flush();
                // Until the client has seen it, and hung up.
                connection.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (SocketException e) {
                // The client has broken the connection, or the test has ended: the socket says which.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
