package io.llmd.launcher.bench;

import picocli.CommandLine.Command;

/** {@code llmd bench}: measurements that end by themselves. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        subcommands = {
            GatewayBenchCommand.class,
            OverloadBenchCommand.class,
            SoakBenchCommand.class,
            AttackBenchCommand.class,
            BarsBenchCommand.class,
            SimulatorBenchCommand.class,
            ScrapeBenchCommand.class,
            ExtProcBenchCommand.class,
            KvIndexBenchCommand.class,
            KvEventsBenchCommand.class,
            KvLookupBenchCommand.class,
            VirtualTimeBenchCommand.class,
            CompareCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        description = "Measures a part of the suite beside its competitors.")
public final class BenchCommand {}
