package api

import (
	"context"
	"reflect"
	"regexp"
	"slices"

	"github.com/leadhub/leadhub/api/problem"
	"github.com/leadhub/leadhub/lead"
)

// collection is a list of keyed things in the configuration: T as it is kept, In as it is sent.
type collection[In, T any] struct {
	path, noun string
	of         func(*lead.Config) *[]T
	key        func(*T) string
	keyIn      func(*In) string
	fresh      func(key string) T // with the defaults of what is left out
	onto       func(*In, *T)
}

var validKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

func (c collection[In, T]) find(cfg *lead.Config, key string) int {
	return slices.IndexFunc(*c.of(cfg), func(t T) bool { return c.key(&t) == key })
}

// put makes or changes the thing with this key.
func (c collection[In, T]) put(cfg *lead.Config, key string, in *In) (existed, changed bool, err error) {
	if !validKey.MatchString(key) || key == "states" { // /v1/reps/states is no rep
		e := lead.Invalid(problem.CodeValidation, "a key has letters, digits, dash and underscore, 64 at most",
			"give the "+c.noun+" such a key")
		e.Fields = []string{"key"}
		return false, false, e
	}
	items := c.of(cfg)
	i := c.find(cfg, key)
	if i < 0 {
		t := c.fresh(key)
		c.onto(in, &t)
		*items = append(*items, t)
		return false, true, nil
	}
	before := (*items)[i]
	t := before
	c.onto(in, &t)
	(*items)[i] = t
	return true, !reflect.DeepEqual(before, t), nil
}

func (c collection[In, T]) missing() error {
	return lead.NotFound("no_such_"+c.noun, "there is no "+c.noun+" with this key", "GET /v1/"+c.path+" lists them")
}

// pick returns one of a configuration.
func (c collection[In, T]) pick(cfg *lead.Config, key string) (*body[T], error) {
	i := c.find(cfg, key)
	if i < 0 {
		return nil, c.missing()
	}
	return &body[T]{(*c.of(cfg))[i]}, nil
}

type keyed struct {
	Key string `path:"key" maxLength:"64"`
}

type createdBody[T any] struct {
	Location string `header:"Location"`
	Body     T
}

type putIn[In any] struct {
	Key  string `path:"key" maxLength:"64"`
	Body In
}

// registerCollection registers list, create, read, put and delete.
func registerCollection[In, T any](s *server, col collection[In, T]) {
	path := "/v1/" + col.path
	handle(s, get(path, lead.ScopeConfigRead, "List "+col.path),
		func(ctx context.Context, _ *struct{}) (*body[items[T]], error) {
			c, err := s.readConfig(ctx)
			return &body[items[T]]{items[T]{list(*col.of(&c))}}, err
		})
	handle(s, get(path+"/{key}", lead.ScopeConfigRead, "One "+col.noun),
		func(ctx context.Context, in *keyed) (*body[T], error) {
			c, err := s.readConfig(ctx)
			if err != nil {
				return nil, err
			}
			return col.pick(&c, in.Key)
		})
	handle(s, created(post(path, lead.ScopeConfigWrite, "Make a "+col.noun)),
		func(ctx context.Context, in *struct{ Body In }) (*createdBody[T], error) {
			return col.create(ctx, s, &in.Body)
		})
	handle(s, put(path+"/{key}", lead.ScopeConfigWrite, "Make or change a "+col.noun+"; what is left out keeps its value"),
		func(ctx context.Context, in *putIn[In]) (*body[T], error) {
			return col.replace(ctx, s, in.Key, &in.Body)
		})
	handle(s, empty(del(path+"/{key}", lead.ScopeConfigWrite, "Remove a "+col.noun)),
		func(ctx context.Context, in *keyed) (*struct{}, error) { return nil, col.remove(ctx, s, in.Key) })
}

func (c collection[In, T]) create(ctx context.Context, s *server, in *In) (*createdBody[T], error) {
	key := c.keyIn(in)
	cfg, err := s.Configuration.EditConfig(ctx, actor(ctx), func(cfg *lead.Config) error {
		if c.find(cfg, key) >= 0 {
			return &lead.Error{Kind: lead.KindConflict, Code: c.noun + "_exists",
				Message: "there is a " + c.noun + " with this key already",
				Hint:    "choose another key, or change it with PUT /v1/" + c.path + "/{key}", Fields: []string{"key"}}
		}
		_, _, err := c.put(cfg, key, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	one, err := c.pick(&cfg, key)
	if err != nil {
		return nil, err
	}
	return &createdBody[T]{Location: "/v1/" + c.path + "/" + key, Body: one.Body}, nil
}

func (c collection[In, T]) replace(ctx context.Context, s *server, key string, in *In) (*body[T], error) {
	if k := c.keyIn(in); k != "" && k != key {
		e := lead.Invalid(problem.CodeValidation, "the key in the body is not the one in the URL",
			"a key cannot be changed: make a new "+c.noun+" and remove the old one")
		e.Fields = []string{"key"}
		return nil, e
	}
	cfg, err := s.Configuration.EditConfig(ctx, actor(ctx), func(cfg *lead.Config) error {
		_, _, err := c.put(cfg, key, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.pick(&cfg, key)
}

func (c collection[In, T]) remove(ctx context.Context, s *server, key string) error {
	_, err := s.Configuration.EditConfig(ctx, actor(ctx), func(cfg *lead.Config) error {
		i := c.find(cfg, key)
		if i < 0 {
			return c.missing()
		}
		items := c.of(cfg)
		*items = slices.Delete(*items, i, i+1)
		return nil
	})
	return err
}
