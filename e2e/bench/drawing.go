package main

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

const (
	// The size of a curve's drawing, and of the margin for the axes.
	drawingWidth, drawingHeight, drawingMargin = 480, 200, 48
	// headroom is how much higher than the highest point the axis is.
	headroom = 1.15
)

// drawCurve draws a curve as SVG: x is logarithmic, y begins at 0.
func drawCurve(c curve) template.HTML {
	if len(c.Points) == 0 {
		return ""
	}
	highest, last := 0.0, c.Points[len(c.Points)-1].X
	for _, p := range c.Points {
		highest = max(highest, p.Y)
	}
	highest = max(highest*headroom, math.SmallestNonzeroFloat32)
	place := func(p point) (x, y float64) {
		across := 0.0
		if last > c.Points[0].X {
			across = math.Log(p.X/c.Points[0].X) / math.Log(last/c.Points[0].X)
		}
		return drawingMargin + across*(drawingWidth-2*drawingMargin), drawingHeight - drawingMargin - p.Y/highest*(drawingHeight-2*drawingMargin)
	}
	var line, marks strings.Builder
	for _, p := range c.Points {
		x, y := place(p)
		fmt.Fprintf(&line, "%.1f,%.1f ", x, y)
		fmt.Fprintf(&marks, `<circle cx="%.1f" cy="%.1f" r="3"/><text x="%.1f" y="%.1f">%s</text><text x="%.1f" y="%d">%.0f</text>`,
			x, y, x, y-8, number(p.Y), x, drawingHeight-drawingMargin+18, p.X)
	}
	return template.HTML(fmt.Sprintf( //nolint:gosec // of numbers only
		`<svg viewBox="0 0 %d %d" role="img"><line x1="%d" y1="%d" x2="%d" y2="%d"/><polyline points="%s"/>%s</svg>`,
		drawingWidth, drawingHeight, drawingMargin, drawingHeight-drawingMargin, drawingWidth-drawingMargin, drawingHeight-drawingMargin,
		strings.TrimSpace(line.String()), marks.String()))
}

// number is short.
func number(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
