package hub

import "context"

// stage is one loop of the flow.
type stage struct {
	name string
	role string
	run  func(context.Context) error
}

// pipeline is the flow in its order: what arrives at the door goes through every one of these, and through nothing else.
func (h *Hub) pipeline() []stage {
	n := &normalizing{configuration: h.configuration, names: h.names, stream: h.cfg.Stream, now: h.cfg.Now, log: h.cfg.Logger, metrics: h.metrics}
	s := &sinking{sink: h.newSink(), names: h.names, stream: h.cfg.Stream, now: h.cfg.Now, log: h.cfg.Logger, metrics: h.metrics, due: h.due, outbox: h.outbox, told: h.told}
	s.combiner.record = s.sink.Record
	r := &relaying{outbox: h.cfg.Store, names: h.names, stream: h.cfg.Stream, metrics: h.metrics, raised: h.outbox}
	assigner := h.newAssigner()
	m := &matching{duplicates: h.duplicates, names: h.names, stream: h.cfg.Stream, now: h.cfg.Now, log: h.cfg.Logger, metrics: h.metrics, backlog: h.parts.backlog, missed: newSignal()}

	all := []stage{
		{"spool", RoleIntake, h.drainSpool},
		{"ask", RoleIntake, h.askSources},
		{"fetch", RoleIntake, h.fetchThin},
		{"normalize", RoleNormalize, n.run},
		{"sink", RoleSink, s.run},
		{"rejections", RoleSink, s.runRejections},
		{"assign", RoleAssign, func(ctx context.Context) error {
			return loop(ctx, h.due, several, h.cfg.Logger.With("stage", "assign"), func(ctx context.Context) (int, error) {
				n, err := assigner.Step(ctx)
				if n > 0 {
					h.metrics.assigned.Add(float64(n))
					h.outbox.raise()
					h.told.raise()
				}
				return n, err
			})
		}},
		{"timers", RoleAssign, h.keepTime},
		{"deliver", RoleDeliver, func(ctx context.Context) error {
			return loop(ctx, r.raised, 0, h.cfg.Logger.With("stage", "deliver"), r.step)
		}},
		{"notify", RoleDeliver, h.runNotifications},
		{"feedback", RoleSink, h.runFeedback},
		{"recompute", RoleConsole, h.recomputing.run},
		{"import", RoleConsole, h.runImports},
		{"match", RoleSink, m.run},
		{"match again", RoleSink, m.catchUp},
		{"configuration", "", h.configuration.watch},
		{"watch", "", h.parts.watch},
	}
	mine := all[:0]
	for _, s := range all {
		if s.role == "" || h.Plays(s.role) {
			mine = append(mine, s)
		}
	}
	return mine
}

func (h *Hub) runImports(ctx context.Context) error {
	if h.importing == nil {
		return nil
	}
	return h.importing.run(ctx)
}

func (h *Hub) askSources(ctx context.Context) error { return h.fetching.run(ctx) }

func (h *Hub) fetchThin(ctx context.Context) error { return h.fetching.runThin(ctx) }

func (h *Hub) drainSpool(ctx context.Context) error { return h.intake.drain(ctx) }
