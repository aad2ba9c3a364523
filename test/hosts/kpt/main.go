// Command kpt is `kpt fn`, with the flags, messages and exit codes of the real program.
// It follows main.go and run/run.go of the same kpt version; only the pager for help is left out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/kptdev/kpt/commands/fn"
	kpterrors "github.com/kptdev/kpt/pkg/lib/errors"
	"github.com/kptdev/kpt/pkg/lib/errors/resolver"
	"github.com/kptdev/kpt/pkg/lib/util/cmdutil"
	"github.com/kptdev/kpt/pkg/printer"
	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	"k8s.io/klog/v2"
	kubectl "k8s.io/kubectl/pkg/cmd/util"
	"sigs.k8s.io/kustomize/kyaml/commandutil"
)

// version is set by install.sh.
var version = "unknown"

func main() {
	klog.InitFlags(nil)
	os.Setenv(commandutil.EnableAlphaCommmandsEnvName, "true")

	cmd := &cobra.Command{Use: "kpt", SilenceUsage: true, SilenceErrors: true}
	cmd.PersistentFlags().AddGoFlagSet(flag.CommandLine)
	cmd.PersistentFlags().BoolVar(&printer.TruncateOutput, "truncate-output", true, "Enable the truncation for output")
	cmd.PersistentFlags().BoolVar(&cmdutil.StackOnError, "stack-trace", false, "Print a stack-trace on failure")
	ctx := printer.WithContext(context.Background(), printer.New(cmd.OutOrStdout(), cmd.ErrOrStderr()))
	cmd.AddCommand(fn.GetCommand(ctx, "kpt"), &cobra.Command{
		Use:   "version",
		Short: "Print the version number of kpt",
		Run:   func(*cobra.Command, []string) { fmt.Println(version) },
	})

	if err := cli.RunNoErrOutput(cmd); err != nil {
		os.Exit(report(cmd, err))
	}
}

// report prints an error as kpt's handleErr does and returns the exit code.
func report(cmd *cobra.Command, err error) int {
	if known, ok := resolver.ResolveError(err); ok {
		if known.Message != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s \n", known.Message)
		}
		return known.ExitCode
	}
	var kptError *kpterrors.Error
	if errors.As(err, &kptError) {
		if inner, ok := kpterrors.UnwrapErrors(kptError); ok && !cmdutil.PrintErrorStacktrace() {
			fmt.Fprintf(cmd.ErrOrStderr(), "Error: %s \n", inner.Error())
		} else {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s \n", kptError.Error())
		}
		return 1
	}
	kubectl.CheckErr(err)
	return 1
}
