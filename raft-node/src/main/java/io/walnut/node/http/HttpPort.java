package io.walnut.node.http;

import com.codahale.metrics.MetricRegistry;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.instrumentation.dropwizard.DropwizardExports;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Health and metrics over HTTP. Answers are short; each has a virtual thread. */
public final class HttpPort implements AutoCloseable {
    private static final int BACKLOG = 64;

    private final HttpServer server;
    private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();

    private HttpPort(HttpServer server) {
        this.server = server;
    }

    /**
     * Listens.
     *
     * @param build labels of {@code walnut_build_info}
     * @throws IOException when the port cannot be bound
     */
    public static HttpPort start(
            InetSocketAddress address, Supplier<Health> health, MetricRegistry metrics, Map<String, String> build)
            throws IOException {
        HttpPort port = new HttpPort(HttpServer.create(address, BACKLOG));
        port.server.setExecutor(port.handlers);
        port.probe("/livez", health, Health::live);
        port.probe("/startupz", health, Health::started);
        port.probe("/readyz", health, Health::ready);
        port.server.createContext("/metrics", new MetricsHandler(exported(metrics, build)));
        port.server.createContext("/", HttpPort::notFound);
        port.server.start();
        return port;
    }

    private static PrometheusRegistry exported(MetricRegistry metrics, Map<String, String> build) {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new DropwizardExports(metrics));
        InfoSnapshot info = InfoSnapshot.builder()
                .name("walnut_build")
                .help("What runs here.")
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(Labels.of(build.entrySet().stream()
                                .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue()))
                                .toArray(String[]::new)))
                        .build())
                .build();
        registry.register(() -> info);
        return registry;
    }

    private void probe(String path, Supplier<Health> health, Predicate<Health> question) {
        HttpHandler handler = exchange -> {
            Health now = health.get();
            boolean yes = question.test(now);
            answer(exchange, yes ? 200 : 503, yes ? "ok\n" : now.reason() + "\n");
        };
        server.createContext(path, handler);
    }

    private static void notFound(HttpExchange exchange) throws IOException {
        answer(exchange, 404, "there is /livez, /readyz, /startupz and /metrics\n");
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            if (!head) {
                out.write(body);
            }
        }
    }

    /** Port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        handlers.close();
    }
}
