package io.walnut.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.metrics.NodeMetrics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpPortTest {
    private final NodeMetrics metrics = new NodeMetrics();
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile Health health = new Health(true, true, true, "");
    private final HttpPort port;

    HttpPortTest() throws Exception {
        port = HttpPort.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                () -> health,
                metrics.registry(),
                Map.of("version", "1.2.3"));
    }

    @AfterEach
    void close() {
        client.close();
        port.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.port() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void probesAnswerByHealthAndSayWhyNot() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);

        health = new Health(true, true, false, "no leader is known");

        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(get("/startupz").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        assertThat(get("/readyz").body()).isEqualTo("no leader is known\n");
    }

    @Test
    void metricsStandUnderTheirNamesInBaseUnits() throws Exception {
        metrics.append.update(250, TimeUnit.MILLISECONDS);
        metrics.appendedRecords.inc(3);
        metrics.gauge("walnut_raft_term", () -> 7);

        String text = get("/metrics").body();

        assertThat(text)
                .contains("walnut_append_seconds{quantile=\"0.99\"} 0.25")
                .contains("walnut_append_seconds_count 1")
                .contains("walnut_append_records_total 3.0")
                .contains("walnut_raft_term 7.0")
                .contains("walnut_build_info{version=\"1.2.3\"} 1");
    }

    @Test
    void otherPathsAreNotFound() throws Exception {
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }
}
