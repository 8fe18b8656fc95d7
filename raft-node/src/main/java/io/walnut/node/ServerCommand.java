package io.walnut.node;

import io.walnut.node.config.ConfigException;
import io.walnut.node.config.ConfigPrinter;
import io.walnut.node.config.NodeConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code walnut server}: runs a node until it is told to stop. */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        description = "Run a node of a cluster until it is told to stop (SIGTERM, Ctrl-C).",
        footer = {
            "",
            "A value is taken from --set, else from the environment (WALNUT_WAL_SEGMENT_SIZE for wal.segment-size),",
            "else from the file, else from the defaults. --print-config shows all of them and where they come from.",
            "",
            "Exit codes: 0 stopped in order; 2 the configuration is wrong; 3 the node cannot start (port, data",
            "directory, log); 4 the node has failed while it ran."
        })
public final class ServerCommand implements Callable<Integer> {
    static final int EXIT_CONFIG = 2;
    static final int EXIT_START = 3;
    static final int EXIT_FAILED = 4;

    /** What a stop may take before the process ends anyway; what runs it (Kubernetes, systemd) gives 10 s or more. */
    private static final Duration STOP_LIMIT = Duration.ofMillis(9_500);

    private static final Logger LOG = LoggerFactory.getLogger(ServerCommand.class);

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration, a YAML file.")
    @Nullable
    Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set one key of the configuration; may be given more than once.")
    Map<String, String> flags = new LinkedHashMap<>();

    @Option(names = "--print-config", description = "Print the configuration in force, and end.")
    boolean print;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Map<String, String> environment = System.getenv();
        try {
            if (print) {
                spec.commandLine().getOut().print(ConfigPrinter.print(file, environment, flags));
                spec.commandLine().getOut().flush();
                return 0;
            }
            logInOnePlace();
            run(NodeConfig.load(file, environment, flags));
            return 0;
        } catch (ConfigException e) {
            spec.commandLine().getErr().println("walnut: " + e.getMessage());
            return EXIT_CONFIG;
        } catch (StartException e) {
            LOG.debug("cannot start", e);
            spec.commandLine().getErr().println("walnut: " + e.getMessage());
            return EXIT_START;
        }
    }

    /** gRPC tells through {@code java.util.logging}, which would print by itself. */
    private static void logInOnePlace() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static void run(NodeConfig config) throws StartException, InterruptedException {
        Node node = Node.start(config, ServerCommand::fail);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(node)));
        // The hook ends the process; nothing else counts this down.
        new CountDownLatch(1).await();
    }

    private static void stop(Node node) {
        Thread.ofPlatform().daemon().name("stop-limit").start(() -> {
            try {
                Thread.sleep(STOP_LIMIT);
            } catch (InterruptedException e) {
                return;
            }
            LOG.error("the node did not stop within {}; ending it", STOP_LIMIT);
            Runtime.getRuntime().halt(EXIT_FAILED);
        });
        try {
            node.stop();
        } catch (InterruptedException e) {
            LOG.warn("interrupted while stopping");
        }
        // 0, and not the 143 that the JVM makes of a SIGTERM: this end was asked for and went well.
        Runtime.getRuntime().halt(0);
    }

    // At once and without closing: a log that cannot be written must not be touched again, and what was acknowledged is
    // safe.
    private static void fail(Throwable cause) {
        LOG.error("the node has failed, its process ends", cause);
        Runtime.getRuntime().halt(EXIT_FAILED);
    }
}
