package deploy

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Outputs are a stack's outputs by name.
type Outputs map[string]string

// ReadOutputs returns the outputs of a stack. One that does not exist is an error.
func ReadOutputs(ctx context.Context, cfg aws.Config, stackName string) (Outputs, error) {
	d := newDeployer(prepared(cfg), stackName, nil, Options{}.logger())
	st, err := d.describe(ctx, stackName)
	if err == nil && st == nil {
		err = fmt.Errorf("there is no stack of that name")
	}
	if err != nil {
		return nil, fmt.Errorf("outputs of %s: %w", stackName, err)
	}
	return d.outputs(ctx)
}

// Write writes the outputs as a table.
func (o Outputs) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(o)) {
		fmt.Fprintf(table, "%s\t%s\n", name, o[name])
	}
	return table.Flush()
}

func (d *deployer) outputs(ctx context.Context) (Outputs, error) {
	st, err := d.describe(ctx, d.name)
	if err != nil {
		return nil, err
	}
	out := Outputs{}
	if st != nil {
		for _, o := range st.Outputs {
			out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return out, nil
}
