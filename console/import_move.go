package console

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

// order is one of ImportOrders.
type order func(ctx context.Context, id, actor string) (lead.Import, error)

// importStart sends the rows; of an import that stopped, the rest of them.
func (s *site) importStart(v *visit) error { return v.orderImport(s.ImportOrders.Start) }

func (s *site) importCancel(v *visit) error { return v.orderImport(s.ImportOrders.Cancel) }

// orderImport gives an order and shows the import, with what is wrong when the hub refuses.
func (v *visit) orderImport(do order) error {
	id := v.param("id")
	_, err := do(v.Context(), id, v.actor())
	if err == nil {
		return v.redirect(importURL(id))
	}
	i, readErr := v.site.Imports.Import(v.Context(), id)
	if readErr != nil {
		return err
	}
	return v.renderImport(i, err)
}

// importUndoShow tells what an undo does before a person confirms it.
func (s *site) importUndoShow(v *visit) error {
	i, err := s.Imports.Import(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	p, err := v.importPage(i)
	if err != nil {
		return err
	}
	if !p.Undoable() {
		return v.redirect(importURL(i.ID))
	}
	return v.render("import_undo", p)
}

// importUndo takes the rows back. Of an import that was never started nothing is left to show.
func (s *site) importUndo(v *visit) error {
	i, err := s.Imports.Import(v.Context(), v.param("id"))
	if err != nil {
		return err
	}
	if i.Started != nil {
		return v.orderImport(s.ImportOrders.Undo)
	}
	if _, err := s.ImportOrders.Undo(v.Context(), i.ID, v.actor()); err != nil {
		return v.renderImport(i, err)
	}
	return v.done("/imports", "import_forgotten")
}
