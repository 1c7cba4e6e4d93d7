// Command leadhub is a hub for multi-channel lead capture. `leadhub serve` runs it; the other verbs talk to a running hub.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // people name zones; not every machine has their files

	"github.com/alecthomas/kong"

	"github.com/leadhub/leadhub/lead"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailed  = 1 // the work failed, or the hub refused it
	exitUsage   = 2 // the command line is wrong
	exitBalance = 3 // `leadhub audit`: accepted and recorded do not balance
)

// commands is the command line: one field per verb.
type commands struct {
	Serve      serveCmd      `cmd:"" help:"Run the hub."`
	Demo       demoCmd       `cmd:"" help:"Run the hub on a temporary folder, play a story through it and tell what happened."`
	Apply      applyCmd      `cmd:"" help:"Send sources, teams, reps and settings from a file to a running hub."`
	Check      checkCmd      `cmd:"" help:"Check such a file without a hub."`
	Explain    explainCmd    `cmd:"" help:"Tell what would become of one payload, without writing."`
	Import     importCmd     `cmd:"" help:"Import a spreadsheet, or undo an import."`
	Why        whyCmd        `cmd:"" help:"Tell why touches are one lead, or why two leads are not."`
	Merge      mergeCmd      `cmd:"" help:"Make one lead of two."`
	Split      splitCmd      `cmd:"" help:"Take touches out of a lead."`
	Pin        pinCmd        `cmd:"" help:"Set a value of a lead by hand."`
	Assign     assignCmd     `cmd:"" help:"Give a lead to a rep."`
	Claim      claimCmd      `cmd:"" help:"Take a lead out of a public pool, for the rep of the token."`
	Release    releaseCmd    `cmd:"" help:"Give a lead back into a public pool, or to the rules."`
	Handover   handoverCmd   `cmd:"" help:"Move all leads of a rep who leaves."`
	Figures    figuresCmd    `cmd:"" help:"Tell how fast and how well leads were worked on."`
	Duplicates duplicatesCmd `cmd:"" help:"List leads that may be one person, or say that two are not."`
	Recompute  recomputeCmd  `cmd:"" help:"Group all leads anew after rules changed, or try rules."`
	Replay     replayCmd     `cmd:"" help:"Send rejections, or what was received, through the flow again."`
	Audit      auditCmd      `cmd:"" help:"Compare what was accepted with what became of it."`
	Bench      benchCmd      `cmd:"" help:"Measure a hub that it starts itself."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the pool's tables up to date."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// process is what a verb may touch of the world.
type process struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// runVerbs is set for processes that a test binary starts of itself: they are leadhub, not tests.
const runVerbs = "LEADHUB_RUN_VERBS"

// exitError ends the process with a code of its own, after everything was said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(process{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(p process, args []string) (code int) {
	var c commands
	exited := -1
	parser := kong.Must(&c, kong.Name("leadhub"), kong.Description("A hub for multi-channel lead capture (多渠道线索采集中台)."),
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help has been printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "leadhub: %v\n", err)
		fmt.Fprintf(p.stderr, "leadhub: hint: %s\n", strings.Join(append([]string{"leadhub"}, append(verb(parser.Model, args), "--help")...), " "))
		return exitUsage
	}
	return say(p, k.Run(p))
}

// shownFields bounds how many places an error tells of.
const shownFields = 10

// say tells people about an error: a sentence, where it is, the next step, and the code that programs go by.
func say(p process, err error) int {
	var exit exitError
	var known *lead.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &known):
		fmt.Fprintf(p.stderr, "leadhub: %s\n", known.Message)
		if known.Err != nil {
			fmt.Fprintf(p.stderr, "leadhub: cause: %v\n", known.Err)
		}
		for _, where := range known.Fields[:min(len(known.Fields), shownFields)] {
			fmt.Fprintf(p.stderr, "leadhub: where: %s\n", where)
		}
		if known.Hint != "" {
			fmt.Fprintf(p.stderr, "leadhub: hint: %s\n", known.Hint)
		}
		fmt.Fprintf(p.stderr, "leadhub: code: %s\n", known.Code)
	default:
		fmt.Fprintf(p.stderr, "leadhub: %v\n", err)
	}
	return exitFailed
}

// verb is the verb that a command line names, as far as there is one.
func verb(in *kong.Application, args []string) []string {
	var words []string
	at := in.Node
	for _, word := range args {
		i := slices.IndexFunc(at.Children, func(n *kong.Node) bool { return n.Type == kong.CommandNode && n.Name == word })
		if i < 0 {
			break
		}
		at, words = at.Children[i], append(words, word)
	}
	return words
}
