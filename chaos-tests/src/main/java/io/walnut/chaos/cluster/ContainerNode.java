package io.walnut.chaos.cluster;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.InternalServerErrorException;
import com.github.dockerjava.api.exception.NotModifiedException;
import io.walnut.chaos.cluster.Cluster.Node;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.testcontainers.containers.GenericContainer;

/** A node in a container, which stays when the node has ended. Owned by its cluster's lock. */
final class ContainerNode {
    private static final int HTTP_PORT = 7422;
    private static final int PROBE_MS = 1_000;
    private static final int STOP_SECONDS = 15;
    private static final int ATTEMPTS = 5;

    /** A tracer may hold what has been killed for as long as it holds its calls up. */
    private static final int END_SECONDS = 60;

    private final DockerClient docker;
    private final Node node;
    private final String address;
    private final Path home;
    private final LoopDisk disk;
    private final GenericContainer<?> container;

    /** The network namespace that the running container has; a new one each time that it is started. */
    private Path network = Path.of("/proc/0/ns/net");

    private Optional<PacketFilter> filter = Optional.empty();

    ContainerNode(
            DockerClient docker, Node node, String address, Path home, LoopDisk disk, GenericContainer<?> container) {
        this.docker = docker;
        this.node = node;
        this.address = address;
        this.home = home;
        this.disk = disk;
        this.container = container;
    }

    Node node() {
        return node;
    }

    LoopDisk disk() {
        return disk;
    }

    /** Nothing when it runs. */
    void start(LinkRules links) throws IOException {
        if (running()) {
            return;
        }
        try {
            if (container.getContainerId() == null) {
                container.start();
            } else {
                startAgain(container.getContainerId());
            }
        } catch (RuntimeException e) {
            throw new IOException("container of " + node.id() + " cannot be started: " + e.getMessage(), e);
        }
        OptionalLong pid = pid();
        if (pid.isPresent()) {
            network = Path.of("/proc", Long.toString(pid.getAsLong()), "ns", "net");
            filter = Optional.of(new PacketFilter(List.of("nsenter", "--net=" + network)));
            filter(links);
        }
    }

    /** Docker refuses while it still clears away what ended just before. */
    private void startAgain(String id) {
        long deadline = System.nanoTime() + Duration.ofSeconds(END_SECONDS).toNanos();
        while (true) {
            try {
                docker.startContainerCmd(id).exec();
                return;
            } catch (NotModifiedException e) {
                return; // it runs
            } catch (InternalServerErrorException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    /** Lets pass from now on what these say. */
    void filter(LinkRules links) throws IOException {
        if (filter.isPresent() && running()) {
            try {
                filter.get().set(links.filters(node.id()));
            } catch (IOException e) {
                if (Files.exists(network)) {
                    throw e;
                }
                // It has ended, and Docker has not yet taken note of it.
            }
        }
    }

    private Optional<ContainerState> state() {
        String id = container.getContainerId();
        return id == null
                ? Optional.empty()
                : Optional.of(docker.inspectContainerCmd(id).exec().getState());
    }

    boolean running() {
        return state().filter(state -> is(state.getRunning())).isPresent();
    }

    OptionalLong pid() {
        return state().filter(state -> is(state.getRunning()))
                .map(state -> OptionalLong.of(state.getPidLong()))
                .orElse(OptionalLong.empty());
    }

    void kill() throws IOException {
        if (running()) {
            end(docker.killContainerCmd(container.getContainerId())::exec);
        }
    }

    void stop() throws IOException {
        if (running()) {
            end(docker.stopContainerCmd(container.getContainerId()).withTimeout(STOP_SECONDS)::exec);
        }
    }

    /** Docker also refuses what has ended by itself and was not yet taken note of: then there is nothing to do but to wait. */
    private void end(Runnable command) throws IOException {
        DockerException refusal = null;
        try {
            resume(); // what is frozen does not die
            command.run();
        } catch (DockerException e) {
            refusal = e;
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(END_SECONDS).toNanos();
        while (running()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("container of " + node.id() + " has not ended", refusal);
            }
            Thread.onSpinWait();
        }
    }

    void pause() throws IOException {
        if (state().filter(state -> is(state.getRunning()) && !is(state.getPaused()))
                .isPresent()) {
            unlessEnded(docker.pauseContainerCmd(container.getContainerId())::exec);
        }
    }

    void resume() throws IOException {
        if (state().filter(state -> is(state.getPaused())).isPresent()) {
            unlessEnded(docker.unpauseContainerCmd(container.getContainerId())::exec);
        }
    }

    /** Docker does not always get a busy container to stand still at the first time. */
    private void unlessEnded(Runnable command) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                command.run();
                return;
            } catch (DockerException e) {
                if (!running()) {
                    return;
                }
                if (attempt == ATTEMPTS) {
                    throw new IOException("container of " + node.id() + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private static boolean is(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }

    /** What it has printed, as Docker has it until now. */
    Path output() throws IOException {
        Path file = home.resolve("node.log");
        if (container.getContainerId() != null) {
            Files.writeString(file, container.getLogs());
        }
        return file;
    }

    boolean ready() {
        try {
            HttpURLConnection asked = (HttpURLConnection) URI.create("http://" + address + ":" + HTTP_PORT + "/readyz")
                    .toURL()
                    .openConnection();
            asked.setConnectTimeout(PROBE_MS);
            asked.setReadTimeout(PROBE_MS);
            return asked.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }

    String lastWords() {
        List<String> lines = container.getLogs().lines().toList();
        return lines.isEmpty() ? "it printed nothing" : lines.getLast();
    }
}
